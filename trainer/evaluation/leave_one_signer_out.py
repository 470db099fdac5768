"""Leave-one-signer-out: measures accuracy on unseen signers with one network for each signer, trained without them."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

import torch
from torch import Tensor
from tqdm import tqdm

from landmarkers.take import Provenance
from models.labels import Sign
from trainer.data.split import (
    Split,
    SplitEmpty,
    is_for_training,
    split_by_signer,
    split_by_signers,
)
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


_UNNAMED_SEED: Final = 1  # the default: runs of other seeds alone have it in their names
RUNS: Final = Kind("a folder of such runs", _find_foreign)


@dataclass(frozen=True, slots=True)
class Folds:
    """The splits that leave signers out, by the names of their runs.

    Each leaves one signer out of all these signs; or, `rotating`, one of its signers out of each sign, so that the
    signer's other signs stay in training, and every signer of a sign is left out in one of the splits.
    """

    splits: Mapping[str, Split]
    signs: frozenset[int]
    skipped_signs: frozenset[int]
    """Signs that were asked for but have fewer than two known signers, so that nobody would be left to learn from."""
    rotating: bool

    @classmethod
    def of(cls, store: Store, sign_ids: Container[int] | None, *, rotating: bool) -> Self:
        """Return the folds for these signs (all if None). Raises SplitEmpty."""
        provenances = [row.provenance for row in store.rows]
        signs, skipped = shared_signs(provenances, sign_ids)
        known = {(one.sign_id, one.signer) for one in provenances if one.sign_id in signs and one.variant == 0}
        signers = sorted({signer for _, signer in known if signer})
        splits: dict[str, Split] = {}
        for number, signer in enumerate(signers):
            if not rotating:
                splits[f"without-{quote(signer, safe='')}"] = split_by_signer(provenances, signer, signs)
                continue
            turns = {sign: signers[(rank + number) % len(signers)] for rank, sign in enumerate(sorted(signs))}
            held_out: dict[int | None, str] = {sign: turns[sign] for sign in turns if (sign, turns[sign]) in known}
            if held_out:
                name = f"without-fold={number + 1}"  # a signer's name has no equals sign once it is quoted
                splits[name] = split_by_signers(
                    provenances, held_out, f"one signer of each sign held out, fold {number + 1}"
                )
        return cls(splits, signs, skipped, rotating)


@dataclass(frozen=True, slots=True)
class UnseenSigners:
    """Metrics on signers, each evaluated with a network that was trained without that signer's takes of the sign.

    There is an evaluation for each seed, which covers all of their takes; its `by_signer` holds the score of each.
    """

    folds: Folds
    evaluations: Mapping[int, Evaluation]

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of the first seed."""
        return next(iter(self.evaluations.values()))

    @property
    def by_seed(self) -> dict[str, list[Score]]:
        """The score of each signer for each seed."""
        return {
            signer: [one.by_signer[signer] for one in self.evaluations.values()] for signer in self.evaluation.by_signer
        }

    @property
    def mean_by_seed(self) -> list[Score]:
        """The mean score of the signers for each seed, each signer with the same weight."""
        return [mean_score(list(one.by_signer.values())) for one in self.evaluations.values()]

    @property
    def sign_mean_by_seed(self) -> list[Score]:
        """The mean score of the signs for each seed, each sign with the same weight, however many takes it has."""
        return [mean_score(list(one.by_sign.values())) for one in self.evaluations.values()]

    @property
    def worst(self) -> tuple[str, Score]:
        """The signer with the lowest accuracy over the seeds, and the mean score."""
        means = {signer: mean_score(scores) for signer, scores in self.by_seed.items()}
        return min(means.items(), key=lambda item: (item[1].top1, item[1].top5))


def leave_one_signer_out(
    store: Store,
    signs: Sequence[Sign],
    folds: Folds,
    recipe: Recipe,
    folder: Path,
    seeds: Sequence[int],
    context: DistributedContext,
) -> UnseenSigners:
    """Train one run for each fold and seed, and evaluate it on the takes that it held out.

    The runs lie in the folder; those that are trained already are not trained again. Each is evaluated at its last
    epoch. Raises RunUnusable, DistributedUnusable.
    """
    runs = [(seed, name, split) for seed in seeds for name, split in folds.splits.items()]
    logits: dict[int, list[Tensor]] = {seed: [] for seed in seeds}
    for seed, name, split in tqdm(runs, desc="leave out", unit="run", disable=not context.is_main_process):
        run = folder / (name if seed == _UNNAMED_SEED else f"{name},seed={seed}")
        with context.lock_run_folder(run):
            train(TrainingData(store, split, tuple(signs)), recipe, run, seed, context)
        logits[seed].append(logits_per_take(load_trained(run, recipe, signs), store, split.validation))
    held_out = [store.rows[index].provenance for split in folds.splits.values() for index in split.validation]
    evaluations = {
        seed: evaluate(torch.softmax(torch.cat(those), -1).numpy(), signs, held_out) for seed, those in logits.items()
    }
    return UnseenSigners(folds, evaluations)


def mean_score(scores: Sequence[Score]) -> Score:
    """Return the mean of scores, each with the same weight, with the number of takes of the first."""
    top1, top5 = (sum(values) / len(scores) for values in zip(*((one.top1, one.top5) for one in scores), strict=True))
    return Score(scores[0].count, top1, top5)


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
