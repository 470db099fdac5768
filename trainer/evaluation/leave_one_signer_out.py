"""Leave-one-signer-out: measures accuracy on unseen signers with one network for each signer, trained without them."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import torch
from tqdm import tqdm

from landmarkers.take import Provenance
from models.labels import Sign
from trainer.data.split import SplitEmpty, is_for_training, split_by_signer
from trainer.data.store import Store
from trainer.evaluation.metrics import Evaluation, Score, evaluate
from trainer.targets import Kind, names_in
from trainer.training.distributed import DistributedContext
from trainer.training.recipe import Recipe
from trainer.training.train import train
from trainer.training.trained_model import load_trained, logits_per_take
from trainer.training.training_data import TrainingData


def _find_foreign(folder: Path) -> str | None:
    is_ours = any(name.startswith(("without-", "takes.store", ".takes.store.new")) for name in names_in(folder))
    return None if is_ours else f"it holds {min(names_in(folder))} and no run without a signer"


RUNS: Final = Kind("a folder of such runs", _find_foreign)


@dataclass(frozen=True, slots=True)
class UnseenSigners:
    """Metrics on signers, each evaluated with a network that was trained without that signer's takes of these signs.

    The evaluation covers all of their takes; its `by_signer` holds the score of each.
    """

    evaluation: Evaluation
    signs: frozenset[int]
    skipped_signs: frozenset[int]
    """Signs that were asked for but have fewer than two known signers, so that nobody would be left to learn from."""

    @property
    def mean(self) -> tuple[float, float]:
        """Mean top-1 and top-5 over signers, each with the same weight."""
        scores = list(self.evaluation.by_signer.values())
        return sum(score.top1 for score in scores) / len(scores), sum(score.top5 for score in scores) / len(scores)

    @property
    def worst(self) -> tuple[str, Score]:
        """The signer with the lowest accuracy, and the score."""
        return min(self.evaluation.by_signer.items(), key=lambda item: (item[1].top1, item[1].top5))


def leave_one_signer_out(
    store: Store,
    signs: Sequence[Sign],
    sign_ids: Container[int] | None,
    recipe: Recipe,
    folder: Path,
    seed: int,
    context: DistributedContext,
) -> UnseenSigners:
    """Train one run without each signer of these signs (all if None) and evaluate it on that signer's takes of them.

    The runs are `without-NAME` in the folder; those that are trained already are not trained again. Each is evaluated
    at its last epoch. Raises SplitEmpty, RunUnusable, DistributedUnusable.
    """
    provenances = [row.provenance for row in store.rows]
    evaluated, skipped = shared_signs(provenances, sign_ids)
    signers = sorted(
        {one.signer for one in provenances if one.signer and one.sign_id in evaluated and one.variant == 0}
    )
    splits = {signer: split_by_signer(provenances, signer, evaluated) for signer in signers}
    logits = []
    for signer, split in tqdm(splits.items(), desc="leave out", unit="signer", disable=not context.is_main_process):
        run = folder / f"without-{quote(signer, safe='')}"
        with context.lock_run_folder(run):
            train(TrainingData(store, split, tuple(signs)), recipe, run, seed, context)
        logits.append(logits_per_take(load_trained(run, recipe, signs), store, split.validation))
    probabilities = torch.softmax(torch.cat(logits), -1).numpy()
    held_out = [provenances[index] for split in splits.values() for index in split.validation]
    return UnseenSigners(evaluate(probabilities, signs, held_out), evaluated, skipped)


def shared_signs(
    provenances: Sequence[Provenance], sign_ids: Container[int] | None
) -> tuple[frozenset[int], frozenset[int]]:
    """Divide these signs (all if None) into those with training takes of two known signers, and the others.

    Raises SplitEmpty if none has them.
    """
    signers: dict[int, set[str]] = {
        one.sign_id: set()
        for one in provenances
        if one.sign_id is not None and (sign_ids is None or one.sign_id in sign_ids)
    }
    for one in provenances:
        if one.sign_id in signers and one.signer and is_for_training(one):
            signers[one.sign_id].add(one.signer)
    shared = frozenset(sign for sign, names in signers.items() if len(names) > 1)
    if not shared:
        raise SplitEmpty("no sign asked for has training takes of two known signers, so no signer can be left out")
    return shared, frozenset(signers) - shared
