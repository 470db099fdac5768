"""Finds open fonts with Arabic letters, and one with Latin letters for the characters that those lack."""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError

DEBIAN_PACKAGE: Final = "fonts-noto-core"
FOLDERS: Final = (Path("/usr/local/share/fonts"), Path("/usr/share/fonts"))


class FontMissing(UserError):
    """A font, or the library that joins Arabic letters, is not installed; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Family:
    """The font files of one family, in two weights."""

    regular: Path
    bold: Path


_SANS: Final = ("NotoSansArabic-Regular.ttf", "NotoSansArabic-Bold.ttf")
_NASKH: Final = ("NotoNaskhArabic-Regular.ttf", "NotoNaskhArabic-Bold.ttf")
_AMIRI: Final = ("Amiri-Regular.ttf", "Amiri-Bold.ttf")
_LATIN: Final = ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf")
_DEJAVU: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")

# In order of preference. Sans is what screens and road signs use; naskh is the script that books are set in.
TYPEFACES: Final = {
    "sans": (_SANS, _NASKH, _AMIRI, _DEJAVU),
    "naskh": (_NASKH, _AMIRI, _SANS, _DEJAVU),
}


def find_families(typeface: str, folders: Sequence[Path] = FOLDERS) -> tuple[Family, Family]:
    """Return the Arabic and the Latin family of a typeface: "sans" or "naskh". Raises FontMissing."""
    files = {path.name: path for path in _font_files(folders)}
    arabic = _first_installed(TYPEFACES[typeface], files)
    latin = _first_installed((_LATIN, _DEJAVU), files)
    if arabic is None:
        raise FontMissing(f"no font with Arabic letters is installed; on Debian: apt install {DEBIAN_PACKAGE}")
    return arabic, latin or arabic


def _first_installed(names: Sequence[tuple[str, str]], files: dict[str, Path]) -> Family | None:
    return next((Family(files[regular], files[bold]) for regular, bold in names if {regular, bold} <= set(files)), None)


def _font_files(folders: Sequence[Path]) -> Iterator[Path]:
    """Yield every TrueType file; the last resort are those in matplotlib, where it is installed."""
    package = importlib.util.find_spec("matplotlib")
    if package is not None and package.origin is not None:
        yield from (Path(package.origin).parent / "mpl-data" / "fonts" / "ttf").glob("*.ttf")
    for folder in folders:
        yield from folder.rglob("*.ttf")
