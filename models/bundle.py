"""A bundle: the folder in which a model is distributed.

It contains `manifest.json`, `model.onnx`, `labels.json`, `probe.npz` (a raw take with its expected probabilities),
`README.md` (the model card), usually `exemplars.npz` (the exemplar memory for fine-tuning) and `manifest.sig` (see
models/signature.py). Opening one checks everything that can be checked without running it, except its signature.
"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from packaging.version import Version
from pydantic import ValidationError

from landmarkers.array_archive import ArrayArchive, ArraysDamaged
from landmarkers.errors import UserError
from landmarkers.frame import Points
from landmarkers.layout import POINT_COUNT
from landmarkers.parsing import describe, read_at_most, read_json
from models.bundle_file import open_bundle_file
from models.labels import LabelsDamaged, Sign, read_labels
from models.manifest import FORMAT, Manifest

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
MODEL: Final = "model.onnx"
LABELS: Final = "labels.json"
PROBE: Final = "probe.npz"
CARD: Final = "README.md"
EXEMPLARS: Final = "exemplars.npz"
HASHED_FILES: Final = frozenset({MODEL, LABELS, PROBE, CARD})
OPTIONAL_FILES: Final = frozenset({EXEMPLARS})
MAX_MANIFEST_BYTES: Final = 1 << 16
_MAX_PROBE_BYTES: Final = 16_000_000


class BundleRefused(UserError):
    """A bundle that cannot be used here; the message gives the reason in one sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A raw take, points [time, 543, 3] and times [time], and its expected probabilities [signs + 1]."""

    points: Points
    times: NDArray[np.float32]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle whose files are whole and compatible with this program."""

    folder: Path
    manifest: Manifest
    signs: tuple[Sign, ...]
    probe: Probe

    @property
    def model(self) -> Path:
        """The path of the ONNX file."""
        return self.folder / MODEL


def open_bundle(folder: Path) -> Bundle:
    """Read and check a bundle. Raises BundleRefused."""
    manifest = _read_manifest(folder)
    if absent := HASHED_FILES - manifest.files.keys():
        raise BundleRefused(f"the manifest of {folder} does not name {', '.join(sorted(absent))}")
    for name in sorted(manifest.files.keys() & (HASHED_FILES | OPTIONAL_FILES)):  # those of a later release are ignored
        path = folder / name
        try:
            found = sha256_of(path)
        except OSError as error:
            raise BundleRefused(f"the bundle {folder} lacks {name}, or it cannot be read: {error.strerror}") from error
        if found != manifest.files[name]:
            raise BundleRefused(f"{name} of the bundle {folder} is damaged: its sha256 differs from the manifest's")
    if Version(manifest.smallest_app_version) > Version(version("ishara")):
        raise BundleRefused(
            f"the bundle {folder} needs ishara {manifest.smallest_app_version} or later; this is {version('ishara')}"
        )
    try:
        signs = read_labels(folder / LABELS)
        probe = _read_probe(folder / PROBE)
    except LabelsDamaged as error:
        raise BundleRefused(str(error)) from error
    if probe.probabilities.shape != (len(signs) + 1,):
        raise BundleRefused(
            f"the probe of {folder} expects {len(probe.probabilities)} classes, but its labels name {len(signs)} signs"
        )
    return Bundle(folder, manifest, signs, probe)


def check_landmarker(manifest: Manifest, fingerprint: str) -> None:
    """Raise BundleRefused unless the bundle was trained on landmarks of this fingerprint."""
    if fingerprint != manifest.landmarker:
        raise BundleRefused(f"{manifest.title} was trained on landmarks of {manifest.landmarker}, not of {fingerprint}")


def sha256_of(path: Path) -> str:
    """Return the sha256 of a bundle's file, in hexadecimal digits. Raises OSError."""
    with open_bundle_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_probe(path: Path, probe: Probe) -> None:
    """Write a `probe.npz`."""
    np.savez_compressed(
        path, allow_pickle=False, points=probe.points, times=probe.times, probabilities=probe.probabilities
    )


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        with open_bundle_file(path) as file:
            content = read_json(read_at_most(file, MAX_MANIFEST_BYTES))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BundleRefused(f"{folder} is no bundle: it contains no {MANIFEST}") from error
    except OSError as error:
        raise BundleRefused(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BundleRefused(f"{path} is damaged: {describe(error)}") from error
    # The format comes first, because a later format's changes would only be reported as errors of their own.
    if isinstance(content, dict) and isinstance(found := content.get("format"), int) and found > FORMAT:
        raise BundleRefused(
            f"the bundle {folder} is of format {found}, and this ishara {version('ishara')} reads formats up to "
            f"{FORMAT}; install a later ishara first"
        )
    if isinstance(content, dict) and content.get("format") == 1:
        raise BundleRefused(f"the bundle {folder} is of format 1, of ishara 0.1; export it again from its run")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise BundleRefused(f"{path} does not fit this program: {describe(error)}") from error


def _read_probe(path: Path) -> Probe:
    try:
        with path.open("rb") as file:
            archive = ArrayArchive(file, _MAX_PROBE_BYTES)
            with np.errstate(over="ignore"):  # a double that is too large becomes infinite, as any such number
                points, times, probabilities = (
                    archive.read(name, "f").astype(np.float32) for name in ("points", "times", "probabilities")
                )
    except (OSError, ArraysDamaged) as error:
        raise BundleRefused(f"{path} is not a readable probe: {error}") from error
    if points.ndim != 3 or points.shape[1:] != (POINT_COUNT, 3) or times.shape != points.shape[:1]:
        raise BundleRefused(f"{path} has another layout: points {list(points.shape)}")
    if probabilities.ndim != 1:
        raise BundleRefused(f"{path} has another layout: probabilities {list(probabilities.shape)}")
    return Probe(points, times, probabilities)
