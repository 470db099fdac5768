"""The takes under review, and the decisions about them.

A decision is written into the take's own file, and a rejected take is renamed so that no training finds it. So the
review stops and resumes at any moment, and a copied or forgotten take takes its decision along.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Final

from landmarkers.review import REJECTED_SUFFIX, Review, Verdict
from landmarkers.take import MAX_FRAMES, TAKE_SUFFIX, Provenance, StoredTake, TakeDamaged
from models.bundle import LABELS
from models.labels import Sign
from models.sign_number import MAX_SIGN_NUMBER
from models.words import find_signs
from trainer.data.store import StoreUnusable
from trainer.data.take_labels import join_labels, read_take_labels, save_labels
from trainer.targets import cannot_write

_SOURCE: Final = "the review"


@dataclass(slots=True)
class Entry:
    """A take under review: its file, the folder whose `labels.json` has its word, and its provenance."""

    path: Path
    labelled: Path
    provenance: Provenance

    @property
    def verdict(self) -> Verdict | None:
        """The decision about the take, None before there is one."""
        return self.provenance.review.verdict if self.provenance.review is not None else None

    def save(self, provenance: Provenance) -> None:
        """Write the take with another provenance, under the name that its verdict has.

        A rejected take is renamed after it is written, and one that is no longer rejected before: whenever the program
        is killed, the next review finds the old decision or the new one. Raises TakeDamaged, TargetRefused.
        """
        take = replace(StoredTake.load(self.path, MAX_FRAMES), provenance=provenance)
        try:
            if not _is_rejected(provenance):
                self._rename(TAKE_SUFFIX)
            take.save(self.path)
            self.provenance = provenance
            self.complete()
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def complete(self) -> None:
        """Rename the take if it is rejected and still has the name of a take. Raises OSError."""
        if _is_rejected(self.provenance):
            self._rename(REJECTED_SUFFIX)

    def _rename(self, suffix: str) -> None:
        """Give the take a name with this suffix that no other file has."""
        if not self.path.name.endswith(suffix):
            name = self.path.name.removesuffix(REJECTED_SUFFIX).removesuffix(TAKE_SUFFIX)
            candidates = (self.path.with_name(f"{name}{number}{suffix}") for number in chain([""], count(-2, -1)))
            self.path = self.path.rename(next(path for path in candidates if not path.exists()))


class ReviewQueue:
    """The takes of some folders, in the order of their files, numbered from 1."""

    def __init__(self, folders: Sequence[Path], labels: Path | None = None) -> None:
        """Read the takes. `labels` is a file of words beside those of the folders.

        Raises StoreUnusable, TargetRefused, LabelsDamaged, LabelFileUnusable, WordsUnclear.
        """
        self.damaged: dict[Path, TakeDamaged] = {}
        """The files that are no whole takes: they are left out, and left where they are."""
        read = (entry for folder in folders for entry in _entries_of(folder, self.damaged))
        self.entries = list({entry.path: entry for entry in read}.values())
        if not self.entries:
            raise StoreUnusable(f"no take can be read: {next(iter(self.damaged.values()))}")
        self._signs = read_take_labels(sorted({entry.labelled for entry in self.entries}), labels)
        for said in (entry.provenance.said for entry in self.entries):
            if said is not None and said.sign_id not in self._signs and said.sign_id <= MAX_SIGN_NUMBER:
                self._signs[said.sign_id] = Sign(sign_id=said.sign_id, word=said.word, word_en=said.word)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def signs(self) -> list[Sign]:
        """The signs that are known: those of the folders, of the file of words, and those that models said."""
        return list(self._signs.values())

    def entry(self, number: int) -> Entry:
        """Return a take by its number. Raises IndexError."""
        if not 1 <= number <= len(self.entries):
            raise IndexError(number)
        return self.entries[number - 1]

    def sign(self, sign_id: int | None) -> Sign | None:
        """Return the sign of this number if its word is known."""
        return None if sign_id is None else self._signs.get(sign_id)

    def undecided_from(self, number: int) -> int | None:
        """Return the number of the first take without a decision, from this number on and then from the first."""
        total = len(self.entries)
        numbers = ((number - 1 + step) % total + 1 for step in range(total))
        return next((one for one in numbers if self.entry(one).verdict is None), None)

    def decide(self, number: int, verdict: Verdict, word: str | None = None) -> None:
        """Accept or reject a take, or accept it as one of another word, as `ishara-edge record` names words.

        Raises WordsUnclear, LabelsDamaged, TakeDamaged, TargetRefused.
        """
        entry = self.entry(number)
        before = entry.provenance
        original = before.review.original_sign_id if before.review is not None else before.sign_id
        sign_id = before.sign_id if word is None else self._label(entry, word).sign_id
        review = Review(verdict=verdict, decided_at=datetime.now(UTC), original_sign_id=original)
        entry.save(replace(before, sign_id=sign_id, review=review))

    def undo(self) -> int | None:
        """Take back the latest decision, also one of an earlier review; return the take's number, None without any.

        Raises TakeDamaged, TargetRefused.
        """
        decided = [
            (review, number)
            for number, entry in enumerate(self.entries, 1)
            if (review := entry.provenance.review) is not None
        ]
        if not decided:
            return None
        review, number = max(decided, key=lambda one: one[0].decided_at)
        entry = self.entry(number)
        entry.save(replace(entry.provenance, sign_id=review.original_sign_id, review=None))
        return number

    def _label(self, entry: Entry, word: str) -> Sign:
        """Return the sign that a word means, which the labels beside the take know from now on."""
        (sign,) = find_signs([word], self.signs)
        save_labels(entry.labelled, join_labels(entry.labelled, [sign], _SOURCE))
        self._signs[sign.sign_id] = sign
        return sign


def _is_rejected(provenance: Provenance) -> bool:
    return provenance.review is not None and provenance.review.verdict is Verdict.REJECTED


def _entries_of(folder: Path, damaged: dict[Path, TakeDamaged]) -> Iterator[Entry]:
    """Yield the takes below a folder, rejected ones too, and add those that are damaged. Raises StoreUnusable."""
    paths = [
        path
        for path in sorted(folder.rglob(f"*{TAKE_SUFFIX}*"))
        if path.name.endswith((TAKE_SUFFIX, REJECTED_SUFFIX)) and not path.name.startswith(".")
    ]
    if not paths:
        raise StoreUnusable(f"{folder} holds no takes (*{TAKE_SUFFIX})")
    for path in paths:
        labelled = next((one for one in path.parents if one == folder or (one / LABELS).is_file()), folder)
        try:
            entry = Entry(path, labelled, StoredTake.load(path, MAX_FRAMES).provenance)
        except TakeDamaged as error:
            damaged[path] = error
            continue
        try:
            entry.complete()
        except OSError as error:
            raise cannot_write(path, error) from error
        yield entry
