"""The folder that recorded takes are put into, as extraction leaves one: takes and their `labels.json`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from landmarkers.errors import UserError
from landmarkers.take import TAKE_SUFFIX, Provenance, Take
from models.bundle import LABELS
from models.labels import Sign, labels_json, read_labels


class TakeFolderUnusable(UserError):
    """A folder that takes cannot be put into; the message says why."""


class TakeFolder:
    """One signer's takes in a folder, which may hold others' too."""

    def __init__(self, folder: Path, signer: str | None, landmarker: str) -> None:
        """See what is there. Raises ShelfUnusable, LabelsDamaged, TakeDamaged."""
        self.folder = folder
        self._signer = signer
        self._landmarker = landmarker
        labels = folder / LABELS
        self.signs = read_labels(labels) if labels.is_file() else ()
        paths = [path for path in sorted(folder.rglob(f"*{TAKE_SUFFIX}")) if not path.name.startswith(".")]
        origins = [Take.load(path).provenance for path in paths]
        others = sorted({origin.landmarker for origin in origins} - {landmarker})
        if others:
            raise TakeFolderUnusable(
                f"the takes in {folder} hold landmarks of {others[0]}, the model wants those of {landmarker}; "
                "record into another folder"
            )
        self._counts = Counter(origin.sign_id for origin in origins if origin.signer == signer)

    def count(self, sign: Sign) -> int:
        """How many takes of a sign there are by this signer."""
        return self._counts[sign.sign_id]

    def missing(self, signs: Sequence[Sign], takes: int) -> list[tuple[Sign, int]]:
        """The signs of which there are fewer takes than wanted, and how many more."""
        return [(sign, takes - self.count(sign)) for sign in signs if self.count(sign) < takes]

    def label(self, signs: Sequence[Sign]) -> None:
        """Name these signs in `labels.json`, beside those that it names. Raises ShelfUnusable."""
        named = {sign.sign_id: sign for sign in (*signs, *self.signs)}
        self.signs = tuple(named[sign_id] for sign_id in sorted(named))
        new = self.folder / f".{LABELS}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            new.write_bytes(labels_json(self.signs))
            new.replace(self.folder / LABELS)
        except OSError as error:
            raise TakeFolderUnusable(f"takes cannot be put into {self.folder}: {error.strerror}") from error

    def put(self, take: Take, sign: Sign) -> None:
        """Keep a take of a sign, its times counted from its start. Raises ShelfUnusable."""
        name, path = self._next_name(sign)
        origin = Provenance(name, self._landmarker, self._signer, "train", sign.sign_id)
        try:
            replace(take, times=take.times - take.times[0], provenance=origin).save(path)
        except OSError as error:
            raise TakeFolderUnusable(f"the take {path} cannot be written: {error.strerror}") from error
        self._counts[sign.sign_id] += 1

    def _next_name(self, sign: Sign) -> tuple[str, Path]:
        number = self.count(sign)
        while True:
            number += 1
            name = f"{self._signer or 'unnamed'}/train/{sign.sign_id:04}/{number:02}"
            path = self.folder / f"{name}{TAKE_SUFFIX}"
            if not path.exists():
                return name, path
