"""Gathers the data of fine-tuning in one store: the parent model's exemplars and the new takes."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from landmarkers.take import TAKE_SUFFIX, Provenance, Take
from models.bundle import LABELS
from models.labels import LabelsDamaged, Sign, read_labels
from trainer.data.split import is_for_training, split_for_fine_tuning
from trainer.data.store import Store, StoreUnusable, find_takes
from trainer.data.store_builder import build_store
from trainer.training.parent_model import ParentModel
from trainer.training.run_metadata import RunUnusable
from trainer.training.training_data import TrainingData


def prepare_fine_tune_data(
    parent: ParentModel, folders: Sequence[Path], store_folder: Path, *, hold_out: bool
) -> TrainingData:
    """Gather the parent's exemplars and the takes of some folders in a store, unless it holds them already.

    The exemplars come first in the store. Raises RunUnusable, LabelsDamaged, StoreUnusable, TakeDamaged.
    """
    paths = find_takes(folders)
    provenance = [Take.load(path).provenance for path in paths]
    for path, one in zip(paths, provenance, strict=True):
        if one.landmarker != parent.landmarker:
            raise StoreUnusable(
                f"{path} holds landmarks of {one.landmarker}, {parent.title} was trained on those of "
                f"{parent.landmarker}; record it with that model"
            )
    signs = (*parent.signs, *_new_signs(parent, folders, provenance))
    store = _open_or_build(parent, paths, provenance, store_folder)
    split = split_for_fine_tuning([row.provenance for row in store.rows], len(parent.exemplars), hold_out=hold_out)
    return TrainingData(store, split, signs)


def _new_signs(parent: ParentModel, folders: Sequence[Path], provenance: Sequence[Provenance]) -> list[Sign]:
    """Return the signs of the takes that the parent lacks, with their words from the `labels.json` beside the takes."""
    wanted = {one.sign_id for one in provenance if is_for_training(one)}
    known = {sign.sign_id for sign in parent.signs}
    by_id = {sign.sign_id: sign for sign in parent.signs}
    new: dict[int, Sign] = {}
    for folder in folders:
        for sign in read_labels(folder / LABELS) if (folder / LABELS).is_file() else ():
            first = by_id.setdefault(sign.sign_id, sign)
            if sign.sign_id in wanted and first.word != sign.word:
                raise LabelsDamaged(
                    f"sign {sign.sign_id} is {sign.word} in {folder / LABELS} and {first.word} elsewhere; "
                    "record the takes of one of them anew, into a folder of its own"
                )
            if sign.sign_id in wanted and sign.sign_id not in known:
                new[sign.sign_id] = first
    unnamed = sorted(sign_id for sign_id in wanted if sign_id is not None and sign_id not in by_id)
    if unnamed:
        raise LabelsDamaged(f"no {LABELS} beside the takes names sign {unnamed[0]}; record the takes with their word")
    return [new[sign_id] for sign_id in sorted(new)]


def _open_or_build(parent: ParentModel, paths: Sequence[Path], provenance: Sequence[Provenance], folder: Path) -> Store:
    wanted = [*(take.provenance for take in parent.exemplars), *provenance]
    if (folder / "index.npz").is_file():
        store = Store(folder)
        if [row.provenance for row in store.rows] != wanted:
            raise RunUnusable(f"{folder} holds other takes than those named; fine-tune into another folder")
        return store
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".exemplars-") as scratch:
        exemplar_paths = [Path(scratch) / f"{number:06}{TAKE_SUFFIX}" for number in range(len(parent.exemplars))]
        for path, take in zip(exemplar_paths, parent.exemplars, strict=True):
            take.save(path)
        return build_store([*exemplar_paths, *paths], parent.parts, folder)
