"""Forgets a person: deletes the takes in folders and in stores, and remembers that they are not to be collected again.

The list of the forgotten is written first. Whatever ends this program, the same command does the rest.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from landmarkers.take import TAKE_SUFFIX, Provenance, TakeDamaged, read_provenance
from models.bundle import LABELS
from models.forgotten import ForgottenPeople, Limits
from models.labels import labels_json, read_labels
from models.sign_number import number_of_word
from trainer.data.store import STORE, Store
from trainer.data.store_builder import NpyWriter
from trainer.data.store_sources import copy_sources
from trainer.targets import cannot_write, replace_folder, write_file

_PER_STORE = frozenset({"format", "parts"})  # in its index; the other columns have one entry for each take


@dataclass(frozen=True, slots=True)
class Erasure:
    """The takes of a person that were forgotten, by folder and by store, and the numbers of the consents to them.

    `consents` has those of earlier times, too. `unreadable` says of which files nobody can tell whose they are.
    """

    takes: dict[Path, int]
    rows: dict[Path, int]
    consents: frozenset[str]
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForgottenPerson:
    """Whom to forget, and within which limits."""

    name: str
    limits: Limits

    def made(self, provenance: Provenance) -> bool:
        """Return True if a take is to be forgotten."""
        consent = provenance.consent
        names = {provenance.signer} if consent is None else {provenance.signer, consent.person}
        asked_at = None if consent is None else consent.asked_at
        return self.name in names and self.limits.cover(provenance.sign_id, asked_at)

    def made_by(self, consents: frozenset[str], provenance: Provenance, consent_id: str | None = None) -> bool:
        """Return True if a take in a store or a bundle is, by these consents or by its signer: no times are there.

        In a bundle, and in what was fine-tuned from it, the number of the consent stands in the signer's place.
        """
        is_wanted = not self.limits.signs or provenance.sign_id in self.limits.signs
        return (is_wanted and not consents.isdisjoint((consent_id, provenance.signer))) or self.made(provenance)


def forget(person: ForgottenPerson, folders: Sequence[Path], stores: Sequence[Path], now: datetime) -> Erasure:
    """Forget a person's takes in folders and stores.

    Raises StoreUnusable, ForgottenDamaged, LabelsDamaged, TargetRefused.
    """
    opened = {path: Store(path) for path in stores}
    lists = {folder: ForgottenPeople.read(folder) for folder in folders}
    found: dict[Path, dict[Path, Provenance]] = {folder: {} for folder in folders}
    unreadable, seen = [], set()
    for folder in folders:
        for path in _takes_in(folder):
            place = path.parent.resolve() / path.name
            if place in seen:  # one folder lies in another
                continue
            seen.add(place)
            try:
                provenance = read_provenance(path)
            except TakeDamaged as error:
                unreadable.append(str(error))
                continue
            if person.made(provenance):
                found[folder][path] = provenance
    asked = {one.consent.consent_id for takes in found.values() for one in takes.values() if one.consent is not None}
    every = person.limits == Limits()
    for people in lists.values():
        asked |= people.consents_of(person.name, None if every else person.limits)
    for store in opened.values():
        known = frozenset(asked)
        asked |= {
            row.consent_id
            for row in store.rows
            if row.consent_id is not None and person.made_by(known, row.provenance, row.consent_id)
        }
    consents = frozenset(asked)
    for folder, takes in found.items():
        try:
            lists[folder].joined_by(person.name, person.limits, consents, now).save(folder)
            _delete(folder, takes)
        except OSError as error:
            raise cannot_write(folder, error) from error
    rows = {path: _delete_rows(path, store, person, consents) for path, store in opened.items()}
    return Erasure({folder: len(takes) for folder, takes in found.items()}, rows, consents, tuple(unreadable))


def _takes_in(folder: Path) -> Iterator[Path]:
    """Yield all takes below a folder, also those that were set aside or that a killed program left."""
    return (path for path in sorted(folder.rglob(f"*{TAKE_SUFFIX}*")) if path.is_file())


def _delete(folder: Path, takes: dict[Path, Provenance]) -> None:
    """Delete takes, the folders that they leave empty, and own words that no other take has. Raises OSError."""
    for path in takes:
        path.unlink(missing_ok=True)
        for parent in path.parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()
    gone = {one.sign_id for one in takes.values()}
    for labels in sorted(folder.rglob(LABELS)) if gone else ():
        left = {_sign_of(path) for path in _takes_in(labels.parent)}
        signs = read_labels(labels)
        kept = tuple(
            sign
            for sign in signs
            if sign.sign_id not in gone or sign.sign_id in left or sign.sign_id != number_of_word(sign.word)
        )
        if not kept:
            labels.unlink()
        elif kept != signs:
            write_file(labels, labels_json(kept))


def _sign_of(path: Path) -> int | None:
    try:
        return read_provenance(path).sign_id
    except TakeDamaged:
        return None


def _delete_rows(folder: Path, store: Store, person: ForgottenPerson, consents: frozenset[str]) -> int:
    """Write a store anew without a person's takes; return how many these are. Raises TargetRefused."""
    kept = [
        number for number, row in enumerate(store.rows) if not person.made_by(consents, row.provenance, row.consent_id)
    ]
    gone = len(store) - len(kept)
    if not kept:
        shutil.rmtree(folder)
    elif gone:
        with replace_folder(folder, STORE) as new:
            _copy_rows(folder, store, kept, new)
    return gone


def _copy_rows(folder: Path, store: Store, kept: Sequence[int], new: Path) -> None:
    with (
        NpyWriter(new / "points.npy", np.int16, store.points.shape[1:]) as points,
        NpyWriter(new / "times.npy", np.float64, ()) as times,
    ):
        for number in kept:
            row = store.rows[number]
            points.append(store.points[row.start : row.stop])
            times.append(store.times[row.start : row.stop])
    with np.load(folder / "index.npz", allow_pickle=False) as index:
        columns = {name: index[name] if name in _PER_STORE else index[name][kept] for name in index.files}
    columns["ends"] = np.cumsum(store.lengths[kept])
    np.savez_compressed(new / "index.npz", allow_pickle=False, **columns)
    copy_sources(folder, new, kept)
