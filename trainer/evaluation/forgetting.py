"""What teaching was worth: takes read right before and after it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from models.labels import Sign
from trainer.data.store import Store
from trainer.model.network import SignClassifier
from trainer.training.parent_model import ParentModel
from trainer.training.recipe import Recipe
from trainer.training.run_metadata import RUN_METADATA, save_metadata
from trainer.training.trained_model import load_trained, logits_per_take
from trainer.training.training_data import TrainingData


@dataclass(frozen=True, slots=True)
class ForgettingReport:
    """Of so many takes, how many the old network read right and how many the new one does."""

    count: int
    before: int
    after: int


def measure_forgetting(
    data: TrainingData, parent: ParentModel, recipe: Recipe, folder: Path
) -> dict[str, ForgettingReport]:
    """Hold the run's network against its parent, and note the outcome in the run folder.

    On the taught takes that were held out, if there are any, by whether the parent knew their word, and on the
    rehearsed ones. Raises RunUnusable.
    """
    store, known = data.store, {sign.sign_id for sign in parent.signs}
    held = data.split.validation
    kinds = {
        "new words, takes held out": [n for n in held if store.rows[n].provenance.sign_id not in known],
        "words known before, takes held out": [n for n in held if store.rows[n].provenance.sign_id in known],
        "old words, takes rehearsed": [
            n for n in range(len(parent.exemplars)) if store.rows[n].provenance.variant == 0
        ],
    }
    old, new = parent.build(), load_trained(folder, recipe, data.signs)
    outcomes = {
        kind: ForgettingReport(
            len(numbers),
            _count_right(old, parent.signs, store, numbers),
            _count_right(new, data.signs, store, numbers),
        )
        for kind, numbers in kinds.items()
        if numbers
    }
    note = json.loads((folder / RUN_METADATA).read_text())
    save_metadata(note | {"outcome": {kind: asdict(outcome) for kind, outcome in outcomes.items()}}, folder)
    return outcomes


def as_table(outcomes: Mapping[str, ForgettingReport]) -> str:
    """The outcomes for people."""
    rows = [f"{'':36} {'takes':>6} {'before':>7} {'after':>7}"]
    rows += [
        f"{kind:36} {one.count:6} {one.before / one.count:7.1%} {one.after / one.count:7.1%}"
        for kind, one in outcomes.items()
    ]
    return "\n".join(rows)


def _count_right(recogniser: SignClassifier, signs: Sequence[Sign], store: Store, numbers: Sequence[int]) -> int:
    outputs = [*(sign.sign_id for sign in signs), None]
    answers = logits_per_take(recogniser, store, numbers).argmax(-1).tolist()
    truth = [store.rows[number].provenance.sign_id for number in numbers]
    return sum(outputs[answer] == sign_id for answer, sign_id in zip(answers, truth, strict=True))
