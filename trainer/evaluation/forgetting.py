"""What teaching was worth: takes read right before and after it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from models.labels import Sign
from trainer.data.store import Store
from trainer.model.network import SignClassifier
from trainer.training.fine_tune_data import FineTuneData
from trainer.training.parent_model import ParentModel
from trainer.training.recipe import Recipe
from trainer.training.run_metadata import RUN_METADATA, save_metadata
from trainer.training.train import load_trained, logits_per_take


@dataclass(frozen=True, slots=True)
class ForgettingReport:
    """Of so many takes, how many the old network read right and how many the new one does."""

    count: int
    before: int
    after: int


def measure_forgetting(
    lesson: FineTuneData, ancestor: ParentModel, recipe: Recipe, folder: Path
) -> dict[str, ForgettingReport]:
    """Hold the run's network against its ancestor, and note the outcome in the run folder.

    On the taught takes that were held out, if there are any, by whether the ancestor knew their word, and on the
    rehearsed ones. Raises RunUnusable.
    """
    store, known = lesson.store, {sign.sign_id for sign in ancestor.signs}
    held = lesson.split.validation
    kinds = {
        "new words, takes held out": [n for n in held if store.rows[n].provenance.sign_id not in known],
        "words known before, takes held out": [n for n in held if store.rows[n].provenance.sign_id in known],
        "old words, takes rehearsed": [
            n for n in range(len(ancestor.exemplars)) if store.rows[n].provenance.variant == 0
        ],
    }
    old, new = ancestor.build(), load_trained(folder, recipe, lesson.signs)
    outcomes = {
        kind: ForgettingReport(
            len(numbers),
            _count_right(old, ancestor.signs, store, numbers),
            _count_right(new, lesson.signs, store, numbers),
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
