"""Measures what fine-tuning gained and what it made the model forget: correct takes before and after."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from models.labels import Sign
from trainer.data.store import Store
from trainer.model.network import SignClassifier
from trainer.training.parent_model import ParentModel
from trainer.training.recipe import Recipe
from trainer.training.run_metadata import read_run_metadata, save_metadata
from trainer.training.trained_model import load_trained, logits_per_take
from trainer.training.training_data import TrainingData


@dataclass(frozen=True, slots=True)
class ForgettingReport:
    """The number of takes of one kind, and how many the network classified correctly before and after fine-tuning."""

    count: int
    before: int
    after: int


def measure_forgetting(
    data: TrainingData, parent: ParentModel, recipe: Recipe, folder: Path
) -> dict[str, ForgettingReport]:
    """Compare a fine-tuned run with its parent model, by kind of take, and record the result in the run folder.

    The kinds are held-out takes of new words, held-out takes of words that the parent knew, and rehearsed takes.
    Raises RunUnusable.
    """
    store, known = data.store, {sign.sign_id for sign in parent.signs}
    held_out = data.split.validation
    kinds = {
        "new words, takes held out": [n for n in held_out if store.rows[n].provenance.sign_id not in known],
        "words known before, takes held out": [n for n in held_out if store.rows[n].provenance.sign_id in known],
        "old words, takes rehearsed": [
            n for n in range(len(parent.exemplars)) if store.rows[n].provenance.variant == 0
        ],
    }
    before, after = parent.build(), load_trained(folder, recipe, data.signs)
    reports = {
        kind: ForgettingReport(
            len(indices),
            _count_correct(before, parent.signs, store, indices),
            _count_correct(after, data.signs, store, indices),
        )
        for kind, indices in kinds.items()
        if indices
    }
    metadata = read_run_metadata(folder)
    save_metadata(metadata | {"forgetting": {kind: asdict(one) for kind, one in reports.items()}}, folder)
    return reports


def _count_correct(network: SignClassifier, signs: Sequence[Sign], store: Store, indices: Sequence[int]) -> int:
    classes = [*(sign.sign_id for sign in signs), None]
    predicted = logits_per_take(network, store, indices).argmax(-1).tolist()
    truth = [store.rows[index].provenance.sign_id for index in indices]
    return sum(classes[answer] == sign_id for answer, sign_id in zip(predicted, truth, strict=True))
