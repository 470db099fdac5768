"""An artifact to push: a bundle's folder packed into one file, or the program's wheel."""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.installation.program import is_wheel
from landmarkers.errors import UserError
from models.bundle import MANIFEST, BundleRefused
from models.bundle_source import open_bundle_source
from models.manifest import BundleName, BundleVersion
from models.stored_model import StoredModel

_HASH_DIGITS: Final = 8


class ArtifactUnusable(UserError):
    """A file that is neither a bundle nor a wheel of the program; the message says why."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that is sent to devices, under a name that its content decides and no file name on this machine."""

    name: str
    content: bytes
    installed_name: str | None
    """The folder that a bundle gets in a device's store; None for the program."""

    @property
    def sha256(self) -> str:
        """The digest that the device must find, too."""
        return hashlib.sha256(self.content).hexdigest()


class _Title(StoredModel):
    """The keys of a manifest that name its bundle."""

    name: BundleName
    version: BundleVersion


def open_artifact(path: Path) -> Artifact:
    """Return the bundle or wheel at the path, ready to be sent. Raises ArtifactUnusable."""
    try:
        if path.is_dir():
            return _pack(path)
        if path.suffix == ".tar":
            with open_bundle_source(path) as source:
                manifest = source.read_manifest()
            installed = _installed_name(manifest, path)
            return Artifact(f"{installed}.tar", path.read_bytes(), installed)
        if is_wheel(path):
            return Artifact(path.name, path.read_bytes(), None)
    except BundleRefused as error:
        raise ArtifactUnusable(str(error)) from error
    except OSError as error:
        raise ArtifactUnusable(f"{path} cannot be read: {error.strerror}") from error
    if path.exists():
        raise ArtifactUnusable(f"{path} is neither a bundle (a folder or a .tar of one) nor a wheel ishara-….whl")
    raise ArtifactUnusable(f"{path} does not exist")


def _pack(folder: Path) -> Artifact:
    """Pack the bundle's files into a tar that always has the same bytes, so that an interrupted push can resume."""
    with open_bundle_source(folder) as source:
        installed, files = _installed_name(source.read_manifest(), folder), source.read_files()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{installed}/{name}")
            info.size, info.mode = len(content), 0o644
            tar.addfile(info, io.BytesIO(content))
    return Artifact(f"{installed}.tar", packed.getvalue(), installed)


def _installed_name(manifest: bytes, path: Path) -> str:
    """Read only name and version of the manifest: the devices check the bundle, not this machine."""
    try:
        title = _Title.model_validate_json(manifest)
        return f"{title.name}-{title.version}-{hashlib.sha256(manifest).hexdigest()[:_HASH_DIGITS]}"
    except ValueError as error:
        raise ArtifactUnusable(f"{path} is not a bundle: its {MANIFEST} has no name and version") from error
