"""Paired comparison of two runs on the very same takes.

It is more sensitive than two separate scores: takes that both runs classify correctly, or both wrongly, carry no
information about which run is better. Only discordant takes count (McNemar, "Note on the sampling error of the
difference between correlated proportions", Psychometrika 12, 1947).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from scipy.stats import binomtest

from trainer.evaluation.metrics import Interval, groups_of
from trainer.evaluation.predictions import Predictions
from trainer.training.run_metadata import RunUnusable

_Z_95: Final = 1.959964  # standard deviations within which 95 % of a normal distribution lie


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """The numbers of takes that both, only the first, only the second, and neither classify correctly."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @classmethod
    def of(cls, first: Sequence[bool], second: Sequence[bool]) -> Self:
        """Count from which takes each run classifies correctly."""
        pairs = list(zip(first, second, strict=True))
        return cls(
            pairs.count((True, True)),
            pairs.count((True, False)),
            pairs.count((False, True)),
            pairs.count((False, False)),
        )

    @property
    def count(self) -> int:
        """All takes."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def first(self) -> float:
        """The first run's accuracy."""
        return (self.both + self.only_first) / self.count

    @property
    def second(self) -> float:
        """The second run's accuracy."""
        return (self.both + self.only_second) / self.count

    @property
    def difference(self) -> float:
        """The second run's accuracy minus the first's."""
        return (self.only_second - self.only_first) / self.count

    @property
    def interval(self) -> Interval:
        """The 95 % confidence interval of the difference (Agresti and Min, Statistics in Medicine 24, 2005)."""
        count, lost, won = self.count + 2.0, self.only_first + 0.5, self.only_second + 0.5
        middle = (won - lost) / count
        half = _Z_95 * math.sqrt(won + lost - (won - lost) ** 2 / count) / count
        return max(-1.0, middle - half), min(1.0, middle + half)

    @property
    def p_value(self) -> float:
        """The probability that equally good runs differ this much or more: McNemar's test, exact, two-sided."""
        discordant = self.only_first + self.only_second
        return float(binomtest(self.only_first, discordant).pvalue) if discordant else 1.0

    @property
    def p_worse(self) -> float:
        """The probability that an equally good second run loses so many takes or more: one side of McNemar's test."""
        discordant = self.only_first + self.only_second
        return float(binomtest(self.only_first, discordant, alternative="greater").pvalue) if discordant else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class PairedPredictions:
    """Predictions of two runs for the same takes in the same order."""

    first: Predictions
    second: Predictions

    @property
    def correct(self) -> tuple[list[bool], list[bool]]:
        """Which takes each run classifies correctly."""
        return (self.first.target_ranks == 0).tolist(), (self.second.target_ranks == 0).tolist()

    @property
    def counts(self) -> dict[str, PairedCounts]:
        """The counts of all takes, of each signer and of each group of signs, with the names of an evaluation."""
        first, second = self.correct
        provenances = self.first.provenances
        signers = [f"signer {one.signer or 'unknown'}" for one in provenances]
        groups = groups_of([one.sign_id for one in provenances], self.first.run.signs)
        counts = {"all": PairedCounts.of(first, second)}
        for keys in (signers, groups):
            for key in sorted(set(keys)):
                those = [position for position, one in enumerate(keys) if one == key]
                counts[key] = PairedCounts.of([first[n] for n in those], [second[n] for n in those])
        return counts

    def discordant(self, *, second_correct: bool) -> list[int]:
        """Return the positions of the takes that only the second run classifies correctly, or only the first."""
        first, second = self.correct
        pairs = zip(first, second, strict=True)
        return [position for position, (a, b) in enumerate(pairs) if a != b and b is second_correct]


def pair_predictions(first: Predictions, second: Predictions) -> PairedPredictions:
    """Pair the takes that both have predictions for, whichever stores hold them.

    Of predictions for unseen takes, these are the takes that neither run was trained on. Raises RunUnusable if there
    are none.
    """
    indices = dict(zip(second.provenances, second.indices, strict=True))
    common = [
        (index, indices[provenance])
        for provenance, index in zip(first.provenances, first.indices, strict=True)
        if provenance in indices
    ]
    if not common:
        raise RunUnusable(
            f"{first.run.folder} and {second.run.folder} have no take in common that neither was trained on"
        )
    in_first, in_second = zip(*common, strict=True)
    return PairedPredictions(first.select(in_first), second.select(in_second))
