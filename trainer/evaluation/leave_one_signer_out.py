"""How well signers are read whom training never saw make the signs: a network for each that leaves him out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import torch
from tqdm import tqdm

from landmarkers.take import Provenance
from models.labels import Sign
from trainer.data.split import SplitEmpty, split_by_signer
from trainer.data.store import Store
from trainer.evaluation.metrics import Evaluation, Score, evaluate
from trainer.training.distributed import DistributedContext
from trainer.training.recipe import Recipe
from trainer.training.train import train
from trainer.training.trained_model import load_trained, logits_per_take
from trainer.training.training_data import TrainingData


@dataclass(frozen=True, slots=True)
class UnseenSigners:
    """Signers, each read by a network that never saw him make these signs.

    The evaluation is over all of their takes; its `by_signer` holds the score of each.
    """

    evaluation: Evaluation
    signs: frozenset[int]
    skipped_signs: frozenset[int]
    """Signs that were asked for and not judged: no two known signers make them, so without one nobody would."""

    @property
    def mean(self) -> tuple[float, float]:
        """Top-1 and top-5, each signer counting as much as any other."""
        scores = list(self.evaluation.by_signer.values())
        return sum(score.top1 for score in scores) / len(scores), sum(score.top5 for score in scores) / len(scores)

    @property
    def worst(self) -> tuple[str, Score]:
        """The signer who is read worst, and his score."""
        return min(self.evaluation.by_signer.items(), key=lambda item: (item[1].top1, item[1].top5))


def leave_one_signer_out(
    store: Store,
    signs: Sequence[Sign],
    wanted: frozenset[int] | None,
    recipe: Recipe,
    folder: Path,
    seed: int,
    crew: DistributedContext,
) -> UnseenSigners:
    """Train a run for every signer of the wanted signs (all if None) without him, and judge it on just his takes.

    The runs are `without-NAME` in the folder; what is trained already is not trained again. Each is judged at its last
    epoch. Raises SplitEmpty, RunUnusable, CrewUnusable.
    """
    origins = [row.provenance for row in store.rows]
    judged, left_aside = shared_signs(origins, wanted)
    names = sorted({one.signer for one in origins if one.signer and one.sign_id in judged and one.variant == 0})
    splits = {name: split_by_signer(origins, name, judged) for name in names}
    logits = []
    for name, split in tqdm(splits.items(), desc="leave out", unit="signer", disable=not crew.is_main_process):
        run = folder / f"without-{quote(name, safe='')}"
        with crew.lock_run_folder(run):
            train(TrainingData(store, split, tuple(signs)), recipe, run, seed, crew)
        logits.append(logits_per_take(load_trained(run, recipe, signs), store, split.validation))
    probabilities = torch.softmax(torch.cat(logits), -1).numpy()
    those = [origins[number] for split in splits.values() for number in split.validation]
    return UnseenSigners(evaluate(probabilities, [sign.sign_id for sign in signs], those), judged, left_aside)


def shared_signs(origins: Sequence[Provenance], wanted: frozenset[int] | None) -> tuple[frozenset[int], frozenset[int]]:
    """Of the wanted signs those that two known signers or more can teach, and the others. Raises SplitEmpty."""
    teachers: dict[int, set[str]] = {
        one.sign_id: set() for one in origins if one.sign_id is not None and (wanted is None or one.sign_id in wanted)
    }
    for one in origins:
        if one.sign_id in teachers and one.signer and one.split != "test":
            teachers[one.sign_id].add(one.signer)
    shared = frozenset(sign for sign, names in teachers.items() if len(names) > 1)
    if not shared:
        raise SplitEmpty("no sign asked for has training takes of two known signers, so no signer can be left out")
    return shared, frozenset(teachers) - shared
