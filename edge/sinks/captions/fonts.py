"""Finds open fonts with Arabic letters, and one with Latin letters for what those lack."""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError

DEBIAN_PACKAGE: Final = "fonts-noto-core"
FOLDERS: Final = (Path("/usr/local/share/fonts"), Path("/usr/share/fonts"))


class LettersMissing(UserError):
    """Arabic letters cannot be set here, for want of a font or of what joins them; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Family:
    """The files of one family's two weights."""

    regular: Path
    bold: Path


_SANS: Final = ("NotoSansArabic-Regular.ttf", "NotoSansArabic-Bold.ttf")
_NASKH: Final = ("NotoNaskhArabic-Regular.ttf", "NotoNaskhArabic-Bold.ttf")
_AMIRI: Final = ("Amiri-Regular.ttf", "Amiri-Bold.ttf")
_LATIN: Final = ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf")
_DEJAVU: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")

# What is looked for, best first. Sans is what screens and road signs use; naskh is the hand that books are set in.
TYPEFACES: Final = {
    "sans": (_SANS, _NASKH, _AMIRI, _DEJAVU),
    "naskh": (_NASKH, _AMIRI, _SANS, _DEJAVU),
}


def find_families(typeface: str, folders: Sequence[Path] = FOLDERS) -> tuple[Family, Family]:
    """The Arabic and the Latin family of a typeface: "sans" or "naskh". Raises LettersMissing."""
    files = {path.name: path for path in _font_files(folders)}
    arabic = _first(TYPEFACES[typeface], files)
    latin = _first((_LATIN, _DEJAVU), files)
    if arabic is None:
        raise LettersMissing(f"no font with Arabic letters is installed; on Debian: apt install {DEBIAN_PACKAGE}")
    return arabic, latin or arabic


def _first(wanted: Sequence[tuple[str, str]], files: dict[str, Path]) -> Family | None:
    return next(
        (Family(files[regular], files[bold]) for regular, bold in wanted if {regular, bold} <= set(files)), None
    )


def _font_files(folders: Sequence[Path]) -> Iterator[Path]:
    """Every TrueType file; the last resort is what matplotlib's wheel brings, which MediaPipe asks for."""
    found = importlib.util.find_spec("matplotlib")
    if found is not None and found.origin is not None:
        yield from (Path(found.origin).parent / "mpl-data" / "fonts" / "ttf").glob("*.ttf")
    for folder in folders:
        yield from folder.rglob("*.ttf")
