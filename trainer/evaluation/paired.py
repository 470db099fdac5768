"""Two runs held against each other on the very same takes.

That both read the same takes tells more than two scores do: what both read rightly, or both wrongly, says nothing of
which is better. Only takes that one reads and the other does not count (McNemar, "Note on the sampling error of the
difference between correlated proportions", Psychometrika 12, 1947).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from trainer.evaluation.metrics import Interval, group_of
from trainer.evaluation.predictions import Predictions
from trainer.training.run_metadata import RunUnusable

_95_PERCENT: Final = 1.959964


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """How many takes both read rightly, only the first, only the second, and neither."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @classmethod
    def of(cls, first: Sequence[bool], second: Sequence[bool]) -> Self:
        """Counted from what each read rightly."""
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
    def difference(self) -> float:
        """By how much the second's share of right readings is larger."""
        return (self.only_second - self.only_first) / self.count

    @property
    def interval(self) -> Interval:
        """Where the difference lies with 95 % confidence (Agresti and Min, Statistics in Medicine 24, 2005)."""
        count, lost, won = self.count + 2.0, self.only_first + 0.5, self.only_second + 0.5
        middle = (won - lost) / count
        half = _95_PERCENT * math.sqrt(won + lost - (won - lost) ** 2 / count) / count
        return max(-1.0, middle - half), min(1.0, middle + half)

    @property
    def p_value(self) -> float:
        """How likely two equally good networks would differ this much or more: McNemar's test, exact, two-sided."""
        changed, fewer = self.only_first + self.only_second, min(self.only_first, self.only_second)
        # Whole numbers throughout: with many takes neither the sum nor the power fits a float.
        ways = every = 1
        for number in range(fewer):
            ways = ways * (changed - number) // (number + 1)
            every += ways
        return min(1.0, 2 * every / (1 << changed))


@dataclass(frozen=True, slots=True, eq=False)
class PairedPredictions:
    """The readings of two runs, of the same takes in the same order."""

    first: Predictions
    second: Predictions

    @property
    def rights(self) -> tuple[list[bool], list[bool]]:
        """What each read rightly."""
        return (self.first.target_ranks == 0).tolist(), (self.second.target_ranks == 0).tolist()

    @property
    def pairs(self) -> dict[str, PairedCounts]:
        """Of all takes, of each signer's and of each kind of sign, named as an evaluation names its scores."""
        first, second = self.rights
        origins = self.first.provenances
        signers = [f"signer {one.signer or 'unknown'}" for one in origins]
        groups = [group_of(one.sign_id or 0) for one in origins]
        every = {"all": PairedCounts.of(first, second)}
        for keys in (signers, groups):
            for key in sorted(set(keys)):
                those = [place for place, one in enumerate(keys) if one == key]
                every[key] = PairedCounts.of([first[place] for place in those], [second[place] for place in those])
        return every

    def places(self, *, won: bool) -> list[int]:
        """The takes that only the second reads, or only the first."""
        first, second = self.rights
        return [place for place, (a, b) in enumerate(zip(first, second, strict=True)) if a != b and b is won]


def pair_predictions(first: Predictions, second: Predictions) -> PairedPredictions:
    """The takes that both read, whatever stores they stand in; of unseen takes, those that neither run learned from.

    Raises RunUnusable where there are none.
    """
    places = dict(zip(second.provenances, second.indices, strict=True))
    common = [
        (number, places[origin])
        for origin, number in zip(first.provenances, first.indices, strict=True)
        if origin in places
    ]
    if not common:
        raise RunUnusable(
            f"{first.run.folder} and {second.run.folder} have no take in common that neither learned from"
        )
    mine, theirs = zip(*common, strict=True)
    return PairedPredictions(first.select(mine), second.select(theirs))
