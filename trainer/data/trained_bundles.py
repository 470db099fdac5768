"""Finds the bundles that were trained with a person's takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landmarkers.array_archive import ArrayArchive
from landmarkers.parsing import describe, read_limited
from models.bundle import EXEMPLARS, MANIFEST, MAX_MANIFEST_BYTES, sha256_of
from models.exemplars import read_metadata
from models.manifest import Manifest
from trainer.data.consents import CONSENTS, ConsentsDamaged, read_consents
from trainer.data.erasure import ForgottenPerson

_MAX_EXEMPLARS: Final = 256_000_000


@dataclass(frozen=True, slots=True)
class TrainedBundle:
    """A bundle that was trained with a person's takes: `exemplars` of them lie in it, and its skeletons show them."""

    folder: Path
    title: str
    exemplars: int


def find_bundles(
    folders: Sequence[Path], person: ForgottenPerson, consents: frozenset[str]
) -> tuple[list[TrainedBundle], list[str]]:
    """Return the bundles in folders that list one of these consents or hold takes of the person.

    The sentences say of which bundles nobody can tell.
    """
    found, unclear = [], []
    for path in sorted({path for folder in folders for path in folder.rglob(MANIFEST)}):
        bundle = path.parent
        try:
            manifest = Manifest.model_validate_json(read_limited(path, MAX_MANIFEST_BYTES))
            listed = _consents_in(bundle, manifest)
            exemplars = sum(_exemplars_of(bundle, manifest, person, consents))
        except (OSError, ValueError, ConsentsDamaged) as error:
            unclear.append(f"nobody can tell of {bundle}: {describe(error)}")
            continue
        if listed & consents or exemplars:
            found.append(TrainedBundle(bundle, manifest.title, exemplars))
    return found, unclear


def _consents_in(bundle: Path, manifest: Manifest) -> frozenset[str]:
    """Return the consents that a bundle lists. Raises OSError, ValueError, ConsentsDamaged."""
    if CONSENTS not in manifest.files:
        return frozenset()
    if not (bundle / CONSENTS).exists():
        raise ValueError(f"it was copied without its {CONSENTS}; look at the bundle as it was exported")
    if sha256_of(bundle / CONSENTS) != manifest.files[CONSENTS]:
        raise ValueError(f"its {CONSENTS} is damaged")
    return read_consents(bundle)


def _exemplars_of(
    bundle: Path, manifest: Manifest, person: ForgottenPerson, consents: frozenset[str]
) -> Iterator[bool]:
    """Yield of each exemplar take whether it is to be forgotten. Raises OSError, ValueError."""
    if EXEMPLARS in manifest.files:
        with (bundle / EXEMPLARS).open("rb") as file:
            for provenance in read_metadata(ArrayArchive(file, _MAX_EXEMPLARS)).provenance:
                yield person.made_by(consents, provenance)
