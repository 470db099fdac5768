"""An artifact to push: a bundle's folder packed into one file, or the program's wheel."""

import hashlib
import io
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError
from models.bundle import MANIFEST

_WHEEL: Final = re.compile(r"^ishara-(?P<version>[^-]+)-py3-none-any\.whl$")
_HASH_DIGITS: Final = 8


class ArtifactUnusable(UserError):
    """A file that is neither a bundle nor a wheel of the program; the message says why."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that is sent to devices."""

    name: str
    content: bytes
    installed_name: str | None
    """The folder that a bundle gets in a device's store; None for the program."""

    @property
    def sha256(self) -> str:
        """The digest that the device must find, too."""
        return hashlib.sha256(self.content).hexdigest()


def open_artifact(path: Path) -> Artifact:
    """Return the bundle or wheel at the path, ready to be sent. Raises ArtifactUnusable."""
    try:
        if path.is_dir():
            return _pack(path)
        if path.suffix == ".tar":
            return Artifact(path.name, path.read_bytes(), _installed_name(_manifest_in(path), path))
        if _WHEEL.match(path.name):
            return Artifact(path.name, path.read_bytes(), None)
    except OSError as error:
        raise ArtifactUnusable(f"{path} cannot be read: {error.strerror}") from error
    if path.exists():
        raise ArtifactUnusable(f"{path} is neither a bundle (a folder or a .tar of one) nor a wheel ishara-….whl")
    raise ArtifactUnusable(f"{path} does not exist")


def app_version(wheel: Path) -> str:
    """Return the version in a wheel's name. Raises ArtifactUnusable."""
    found = _WHEEL.match(wheel.name)
    if found is None:
        raise ArtifactUnusable(f"{wheel} is not named like a wheel of the program, ishara-….whl")
    return found["version"]


def _pack(folder: Path) -> Artifact:
    """Pack the folder into a tar that always has the same bytes, so that an interrupted push can resume."""
    if not (folder / MANIFEST).is_file():
        raise ArtifactUnusable(f"{folder} is not a bundle: it has no {MANIFEST}")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        files = (path for path in folder.rglob("*") if path.is_file())
        for path in sorted(files, key=lambda path: (path.name != MANIFEST, path)):
            info = tarfile.TarInfo(f"{folder.resolve().name}/{path.relative_to(folder).as_posix()}")
            info.size, info.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                tar.addfile(info, file)
    manifest = (folder / MANIFEST).read_bytes()
    return Artifact(f"{folder.resolve().name}.tar", packed.getvalue(), _installed_name(manifest, folder))


def _manifest_in(path: Path) -> bytes:
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                file = tar.extractfile(member) if Path(member.name).name == MANIFEST else None
                if file is not None:
                    return file.read()
    except tarfile.TarError as error:
        raise ArtifactUnusable(f"{path} is not a tar: {error}") from error
    raise ArtifactUnusable(f"{path} is not a bundle: it has no {MANIFEST}")


def _installed_name(manifest: bytes, path: Path) -> str:
    """Read only name and version of the manifest: the devices check the bundle, not this machine."""
    try:
        content = json.loads(manifest)
        return f"{content['name']}-{content['version']}-{hashlib.sha256(manifest).hexdigest()[:_HASH_DIGITS]}"
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactUnusable(f"{path} is not a bundle: its {MANIFEST} has no name and version") from error
