"""Measures the visibility of takes: their length, and the frames in which the body and each hand were detected."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from landmarkers.layout import Part
from landmarkers.take import StoredTake

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TakeVisibility:
    """The number of frames of one take that show the body and the hands. `variant` 0 is the original clip."""

    clip: str
    signer: str | None
    variant: int
    frames: int
    seconds: float
    body_frames: int
    left_frames: int
    right_frames: int
    both_frames: int

    @classmethod
    def of(cls, take: StoredTake) -> Self:
        """Measure one take."""
        left, right = take.visible(Part.LEFT_HAND), take.visible(Part.RIGHT_HAND)
        provenance = take.provenance
        return cls(
            clip=provenance.clip,
            signer=provenance.signer,
            variant=provenance.variant,
            frames=len(take),
            seconds=take.duration,
            body_frames=int(take.visible(Part.POSE).sum()),
            left_frames=int(left.sum()),
            right_frames=int(right.sum()),
            both_frames=int((left & right).sum()),
        )

    @property
    def any_hand_frames(self) -> int:
        """Return the number of frames that show at least one hand."""
        return self.left_frames + self.right_frames - self.both_frames


@dataclass(frozen=True, slots=True)
class VisibilitySummary:
    """The visibility of some takes together. Fractions are of their frames, 0 to 1; lengths are in frames."""

    takes: int
    frames: int
    seconds: float
    min_frames: int
    median_frames: float
    max_frames: int
    body_fraction: float
    left_fraction: float
    right_fraction: float
    both_fraction: float
    any_hand_fraction: float
    takes_without_hands: int
    """Takes that show no hand in any frame."""

    @classmethod
    def of(cls, takes: Sequence[TakeVisibility]) -> Self:
        """Summarise at least one take."""
        frames = sum(take.frames for take in takes)
        lengths = [take.frames for take in takes]
        return cls(
            takes=len(takes),
            frames=frames,
            seconds=sum(take.seconds for take in takes),
            min_frames=min(lengths),
            median_frames=median(lengths),
            max_frames=max(lengths),
            body_fraction=sum(take.body_frames for take in takes) / frames,
            left_fraction=sum(take.left_frames for take in takes) / frames,
            right_fraction=sum(take.right_frames for take in takes) / frames,
            both_fraction=sum(take.both_frames for take in takes) / frames,
            any_hand_fraction=sum(take.any_hand_frames for take in takes) / frames,
            takes_without_hands=sum(take.any_hand_frames == 0 for take in takes),
        )


def summarise_by_signer(takes: Iterable[TakeVisibility]) -> dict[str, VisibilitySummary]:
    """Return a summary for each signer, by name; first, as `all`, one of all takes, if there are any."""
    groups: defaultdict[str, list[TakeVisibility]] = defaultdict(list)
    for take in takes:
        groups["all"].append(take)
        groups[take.signer or UNKNOWN].append(take)
    return {name: VisibilitySummary.of(groups[name]) for name in sorted(groups, key=lambda name: (name != "all", name))}
