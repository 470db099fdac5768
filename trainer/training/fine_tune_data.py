"""What a trained network is to be taught: its own takes to rehearse, and new ones, in one store."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from landmarkers.take import TAKE_SUFFIX, Provenance, Take
from models.bundle import LABELS
from models.labels import LabelsDamaged, Sign, read_labels
from trainer.data.split import Split, split_for_fine_tuning
from trainer.data.store import Store, StoreUnusable, build_store, find_takes
from trainer.training.parent_model import ParentModel
from trainer.training.run_metadata import RunUnusable


@dataclass(frozen=True, slots=True, eq=False)
class FineTuneData:
    """A store with the ancestor's takes first, what of it is learned from and judged by, and all signs by output."""

    store: Store
    split: Split
    signs: tuple[Sign, ...]


def prepare_fine_tune_data(ancestor: ParentModel, folders: Sequence[Path], to: Path, *, hold_out: bool) -> FineTuneData:
    """Gather the ancestor's takes and those of some folders in the store `to`, unless it holds them already.

    Raises RunUnusable, LabelsDamaged, StoreUnusable, TakeDamaged.
    """
    paths = find_takes(folders)
    origins = [Take.load(path).provenance for path in paths]
    for path, origin in zip(paths, origins, strict=True):
        if origin.landmarker != ancestor.landmarker:
            raise StoreUnusable(
                f"{path} holds landmarks of {origin.landmarker}, {ancestor.title} was trained on those of "
                f"{ancestor.landmarker}; record it with that model"
            )
    signs = (*ancestor.signs, *_new_signs(ancestor, folders, origins))
    store = _gather(ancestor, paths, origins, to)
    return FineTuneData(
        store,
        split_for_fine_tuning([row.provenance for row in store.rows], len(ancestor.exemplars), hold_out=hold_out),
        signs,
    )


def _new_signs(ancestor: ParentModel, folders: Sequence[Path], origins: Sequence[Provenance]) -> list[Sign]:
    """The signs of the takes that the ancestor lacks, with their words from the `labels.json` beside the takes."""
    wanted = {origin.sign_id for origin in origins if origin.split != "test"}
    named = {sign.sign_id: sign for sign in ancestor.signs}
    new: dict[int, Sign] = {}
    for folder in folders:
        for sign in read_labels(folder / LABELS) if (folder / LABELS).is_file() else ():
            there = named.setdefault(sign.sign_id, sign)
            if sign.sign_id in wanted and there.word != sign.word:
                raise LabelsDamaged(
                    f"sign {sign.sign_id} is {sign.word} in {folder / LABELS} and {there.word} elsewhere; "
                    "record the takes of one of them anew, into a folder of its own"
                )
            if sign.sign_id in wanted and sign.sign_id not in {known.sign_id for known in ancestor.signs}:
                new[sign.sign_id] = there
    unnamed = sorted(sign_id for sign_id in wanted if sign_id is not None and sign_id not in named)
    if unnamed:
        raise LabelsDamaged(f"no {LABELS} beside the takes names sign {unnamed[0]}")
    return [new[sign_id] for sign_id in sorted(new)]


def _gather(ancestor: ParentModel, paths: Sequence[Path], origins: Sequence[Provenance], to: Path) -> Store:
    wanted = [*(take.provenance for take in ancestor.exemplars), *origins]
    if (to / "index.npz").is_file():
        store = Store(to)
        if [row.provenance for row in store.rows] != wanted:
            raise RunUnusable(f"{to} holds other takes than those named; teach into another folder")
        return store
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".rehearsed-") as scratch:
        own = [Path(scratch) / f"{number:06}{TAKE_SUFFIX}" for number in range(len(ancestor.exemplars))]
        for path, take in zip(own, ancestor.exemplars, strict=True):
            take.save(path)
        return build_store([*own, *paths], ancestor.parts, to)
