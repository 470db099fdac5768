"""The folder of recorded takes, laid out as extraction leaves it: takes and their `labels.json`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from landmarkers.consent import Consent, Said
from landmarkers.errors import UserError
from landmarkers.take import TAKE_SUFFIX, Provenance, StoredTake, Take, read_provenance
from models.bundle import LABELS, MANIFEST
from models.durable import replace_file
from models.joined_labels import LabelsDiffer, join_signs
from models.labels import Sign, labels_json, read_labels


class TakeFolderUnusable(UserError):
    """The folder cannot receive takes; the message says why."""


class TakeFolder:
    """One signer's takes in a folder, which may hold those of others too."""

    def __init__(self, folder: Path, signer: str | None, landmarker: str) -> None:
        """Read what the folder holds. Raises TakeFolderUnusable, LabelsDamaged, TakeDamaged."""
        if (folder / MANIFEST).exists():
            raise TakeFolderUnusable(f"{folder} holds a bundle, which takes would damage; record into another folder")
        self.folder = folder
        self._signer = signer
        self._landmarker = landmarker
        labels = folder / LABELS
        self.signs = read_labels(labels) if labels.is_file() else ()
        paths = [path for path in sorted(folder.rglob(f"*{TAKE_SUFFIX}")) if not path.name.startswith(".")]
        provenances = [read_provenance(path) for path in paths]
        others = sorted({provenance.landmarker for provenance in provenances} - {landmarker})
        if others:
            raise TakeFolderUnusable(
                f"the takes in {folder} hold landmarks of {others[0]}, but the model needs those of {landmarker}; "
                "record into another folder"
            )
        self._counts = Counter(provenance.sign_id for provenance in provenances if provenance.signer == signer)

    def count(self, sign: Sign) -> int:
        """Return the number of takes of a sign by this signer."""
        return self._counts[sign.sign_id]

    def missing(self, signs: Sequence[Sign], takes: int) -> list[tuple[Sign, int]]:
        """Return the signs with fewer than so many takes, and how many each of them lacks."""
        return [(sign, takes - self.count(sign)) for sign in signs if self.count(sign) < takes]

    def add_labels(self, signs: Sequence[Sign]) -> None:
        """Add these signs to `labels.json`. Raises TakeFolderUnusable."""
        try:
            self.signs = tuple(join_signs([("the model", signs), (str(self.folder / LABELS), self.signs)]).values())
        except LabelsDiffer as error:
            raise TakeFolderUnusable(f"{error}; record into another folder") from error
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(self.folder / LABELS, labels_json(self.signs))
        except OSError as error:
            raise TakeFolderUnusable(f"takes cannot be saved in {self.folder}: {error.strerror}") from error

    def add(
        self, take: Take | StoredTake, sign: Sign, consent: Consent | None = None, said: Said | None = None
    ) -> Path:
        """Save a take of a sign, its times counted from its start; return its file. Raises TakeFolderUnusable.

        `consent` is that of the signer, and `said` what a model said of the take before it was known what it is.
        """
        name, path = self._next_name(sign)
        provenance = Provenance(name, self._landmarker, self._signer, "train", sign.sign_id, consent=consent, said=said)
        stored = take.stored() if isinstance(take, Take) else take
        stored = replace(stored, times=stored.times - stored.times[0], provenance=provenance)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, stored.to_bytes())
        except OSError as error:
            raise TakeFolderUnusable(f"the take {path} cannot be written: {error.strerror}") from error
        self._counts[sign.sign_id] += 1
        return path

    def _next_name(self, sign: Sign) -> tuple[str, Path]:
        number = self.count(sign)
        while True:
            number += 1
            name = f"{self._signer or 'unnamed'}/train/{sign.sign_id:04}/{number:02}"
            path = self.folder / f"{name}{TAKE_SUFFIX}"
            if not path.exists():
                return name, path
