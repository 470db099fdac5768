"""The wheel of this very installation, made again from its files, and the lock that came with it.

Whoever installed Ishara with pip, pipx or uv has no wheel at hand. The list of installed files (`RECORD`) names each
file of the wheel with its SHA-256, so that the same files become a wheel again without a package index; one that was
changed since is refused. A clone, whose installation has no files of its own, is built as RELEASING.md tells.
"""

import base64
import hashlib
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path
from typing import Final

from edge.installation.program import ProgramFiles, ProgramUnusable

_NAME: Final = "ishara"
_CODE: Final = Path(__file__).parents[2]
_LOCK: Final = "web.txt"
# Of the installer, not of the wheel.
_LEFT_OUT: Final = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")


def own_lock() -> Path:
    """Return the lock of a device's dependencies: the wheel's own, or the clone's. Raises ProgramUnusable."""
    for path in (_CODE / "deploy" / "requirements" / _LOCK, _CODE / "requirements" / _LOCK):
        if path.is_file():
            return path
    raise ProgramUnusable(f"this installation has no {_LOCK} with the versions of what the program needs; name a lock")


def own_wheel(folder: Path) -> Path:
    """Make the wheel of this installation in a folder; return its path. Raises ProgramUnusable."""
    try:
        installed = distribution(_NAME)
    except PackageNotFoundError as error:
        raise ProgramUnusable("this is no installation of ishara; name a wheel") from error
    if (_CODE / "pyproject.toml").is_file():
        return _built(folder)
    return _repacked(installed, folder)


def program_files(
    folder: Path, wheel: Path | None = None, lock: Path | None = None, wheelhouse: Path | None = None
) -> ProgramFiles:
    """Return the program with what is not given taken from this installation; its wheel is made in a folder.

    Raises ProgramUnusable.
    """
    return ProgramFiles(wheel=wheel or own_wheel(folder), lock=lock or own_lock(), wheelhouse=wheelhouse)


def _repacked(installed: Distribution, folder: Path) -> Path:
    """Pack the installed files; the same files become the same bytes, whoever installed them."""
    wheel = folder / f"{_NAME}-{installed.version}-py3-none-any.whl"
    record = f"{_NAME}-{installed.version}.dist-info/RECORD"
    files = sorted((path for path in installed.files or () if _is_of_wheel(path)), key=str)
    if not files:
        raise ProgramUnusable("this installation has no list of its files; name a wheel")
    lines = []
    # Not compressed: another zlib would give other bytes, and the bytes name the release.
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            content = _read(installed, path)
            archive.writestr(zipfile.ZipInfo(str(path)), content)
            lines.append(f"{path},sha256={_digest(content)},{len(content)}\n")
        archive.writestr(zipfile.ZipInfo(record), "".join(lines) + f"{record},,\n")
    return wheel


def _is_of_wheel(path: PackagePath) -> bool:
    """Return True for what the wheel itself held: neither scripts and notes of the installer nor compiled code."""
    return ".." not in path.parts and path.suffix != ".pyc" and path.name not in _LEFT_OUT


def _read(installed: Distribution, path: PackagePath) -> bytes:
    try:
        content = Path(str(installed.locate_file(path))).read_bytes()
    except OSError as error:
        raise ProgramUnusable(
            f"{path} of this installation cannot be read: {error.strerror}; install it again"
        ) from error
    if path.hash is not None and (path.hash.mode != "sha256" or path.hash.value != _digest(content)):
        raise ProgramUnusable(f"{path} of this installation was changed; install it again, or name a wheel")
    return content


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _built(folder: Path) -> Path:
    """Build the wheel of this clone."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    done = subprocess.run(
        [*pip, "--no-build-isolation", "--wheel-dir", str(folder), str(_CODE)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    wheels = list(folder.glob(f"{_NAME}-*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ProgramUnusable(f"the wheel of this clone cannot be built: {reason}")
    return wheels[0]
