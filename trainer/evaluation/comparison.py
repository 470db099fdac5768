"""Compares two runs: the accuracy of each on takes that neither was trained on, and the signs that changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from models.labels import Sign
from trainer.evaluation.metrics import Evaluation, Score
from trainer.evaluation.paired import PairedCounts, PairedPredictions
from trainer.training.run import Run


@dataclass(frozen=True, slots=True)
class SignChange:
    """The number of takes of a sign, and how many of them each run classifies correctly."""

    sign_id: int
    count: int
    first: int
    second: int

    @property
    def gain(self) -> int:
        """The number of takes by which the second run is better."""
        return self.second - self.first


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two runs by name, their predictions for the same takes, and the metrics of both."""

    paired: PairedPredictions
    names: tuple[str, str]
    evaluations: tuple[Evaluation, Evaluation]
    counts: Mapping[str, PairedCounts]
    changes: tuple[SignChange, ...]
    """Signs with a different number of correct takes, the largest gain of the second run first."""

    @property
    def runs(self) -> tuple[Run, Run]:
        """Both runs."""
        return self.paired.first.run, self.paired.second.run

    @property
    def signs(self) -> dict[int, Sign]:
        """The signs of both runs by their numbers."""
        return {sign.sign_id: sign for run in self.runs for sign in run.signs}

    @property
    def rows(self) -> Iterator[tuple[str, Score, Score, PairedCounts]]:
        """The scores of both runs with their paired counts: of all takes, each signer and each kind of sign.

        The kinds are those that the labels of both runs tell.
        """
        first, second = (one.named_scores for one in self.evaluations)
        both = {name: counts for name, counts in self.counts.items() if name in first and name in second}
        return ((name, first[name], second[name], counts) for name, counts in both.items())


def compare(paired: PairedPredictions) -> Comparison:
    """Compare two runs on the takes that both have predictions for."""
    runs = (paired.first.run, paired.second.run)
    names = (runs[0].folder.name, runs[1].folder.name)
    if names[0] == names[1]:  # in different folders
        names = (str(runs[0].folder), str(runs[1].folder))
    evaluations = (paired.first.evaluation(), paired.second.evaluation())
    changes = sorted(_changes(*evaluations), key=lambda one: (-one.gain, one.sign_id))
    return Comparison(paired, names, evaluations, paired.counts, tuple(changes))


def _changes(first: Evaluation, second: Evaluation) -> Iterator[SignChange]:
    for sign_id, score in first.by_sign.items():
        before, after = (round(one.top1 * one.count) for one in (score, second.by_sign[sign_id]))
        if before != after:
            yield SignChange(sign_id, score.count, before, after)
