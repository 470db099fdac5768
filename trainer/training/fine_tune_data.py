"""Gathers the data of fine-tuning in one store: the parent model's exemplars and the new takes."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from landmarkers.take import MAX_FRAMES, TAKE_SUFFIX, Provenance, StoredTake
from models.labels import Sign
from trainer.data.split import is_for_training, split_for_fine_tuning
from trainer.data.store import Store, StoreUnusable, find_takes
from trainer.data.take_labels import read_take_labels, require_words
from trainer.training.parent_model import ParentModel
from trainer.training.run_store import RUN_STORE, open_or_build_store
from trainer.training.training_data import TrainingData


def prepare_fine_tune_data(
    parent: ParentModel,
    folders: Sequence[Path],
    labels: Path | None,
    run: Path,
    store: Path | None,
    *,
    hold_out: bool,
) -> TrainingData:
    """Gather the parent's exemplars and the takes of some folders in a store, by default the one in the run's folder.

    `labels` is a file of words beside those that the folders have. The exemplars come first in the store. Raises
    RunUnusable, LabelsDamaged, WordsUnclear, StoreUnusable, TakeDamaged.
    """
    known = read_take_labels(folders, labels, (parent.title, parent.signs))
    paths = find_takes(folders)
    provenance = [StoredTake.load(path, MAX_FRAMES).provenance for path in paths]
    for path, one in zip(paths, provenance, strict=True):
        if one.landmarker != parent.landmarker:
            raise StoreUnusable(
                f"{path} holds landmarks of {one.landmarker}, {parent.title} was trained on those of "
                f"{parent.landmarker}; record it with that model"
            )
    signs = (*parent.signs, *_new_signs(parent, known, provenance))
    opened = _open_or_build(parent, paths, store or run / RUN_STORE, run)
    split = split_for_fine_tuning([row.provenance for row in opened.rows], len(parent.exemplars), hold_out=hold_out)
    learned = {sign.sign_id for sign in signs}  # test clips of other signs cannot be classified correctly
    validation = tuple(number for number in split.validation if opened.rows[number].provenance.sign_id in learned)
    return TrainingData(opened, replace(split, validation=validation), signs)


def _new_signs(parent: ParentModel, known: dict[int, Sign], provenance: Sequence[Provenance]) -> list[Sign]:
    """Return the signs of the training takes that the parent lacks."""
    learned = {one.sign_id for one in provenance if is_for_training(one) and one.sign_id is not None}
    return require_words(known, sorted(learned - {sign.sign_id for sign in parent.signs}))


def _open_or_build(parent: ParentModel, paths: Sequence[Path], folder: Path, run: Path) -> Store:
    with tempfile.TemporaryDirectory(prefix="ishara-exemplars-") as scratch:
        exemplar_paths = [Path(scratch) / f"{number:06}{TAKE_SUFFIX}" for number in range(len(parent.exemplars))]
        for path, take in zip(exemplar_paths, parent.exemplars, strict=True):
            take.save(path)
        return open_or_build_store([*exemplar_paths, *paths], folder, run, parent.parts)
