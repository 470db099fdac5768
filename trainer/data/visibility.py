"""What was seen in takes: how long they are, and in how many frames the body and which hands were found."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from landmarkers.layout import Part
from landmarkers.take import Take

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """One take: how many of its frames show the body and the hands. `variant` 0 is the clip as it was recorded."""

    clip: str
    signer: str | None
    variant: int
    frames: int
    seconds: float
    body: int
    left: int
    right: int
    both: int

    @classmethod
    def of(cls, take: Take) -> Self:
        """What a take shows."""
        left, right = take.visible(Part.LEFT_HAND), take.visible(Part.RIGHT_HAND)
        origin = take.provenance
        return cls(
            origin.clip,
            origin.signer,
            origin.variant,
            len(take),
            take.duration,
            int(take.visible(Part.POSE).sum()),
            int(left.sum()),
            int(right.sum()),
            int((left & right).sum()),
        )

    @property
    def any_hand(self) -> int:
        """Frames that show a hand."""
        return self.left + self.right - self.both


@dataclass(frozen=True, slots=True)
class Summary:
    """Some takes together. Shares are of their frames, 0 to 1; lengths in frames."""

    takes: int
    frames: int
    seconds: float
    shortest: int
    median: float
    longest: int
    body: float
    left: float
    right: float
    both: float
    any_hand: float
    without_hands: int
    """Takes that show no hand in any frame."""

    @classmethod
    def of(cls, takes: Sequence[Seen]) -> Self:
        """Of at least one take."""
        frames = sum(take.frames for take in takes)
        lengths = [take.frames for take in takes]
        return cls(
            takes=len(takes),
            frames=frames,
            seconds=sum(take.seconds for take in takes),
            shortest=min(lengths),
            median=median(lengths),
            longest=max(lengths),
            body=sum(take.body for take in takes) / frames,
            left=sum(take.left for take in takes) / frames,
            right=sum(take.right for take in takes) / frames,
            both=sum(take.both for take in takes) / frames,
            any_hand=sum(take.any_hand for take in takes) / frames,
            without_hands=sum(take.any_hand == 0 for take in takes),
        )


def by_signer(takes: Iterable[Seen]) -> dict[str, Summary]:
    """The takes of each signer, by name; all of them under `all`, where there are any."""
    groups: defaultdict[str, list[Seen]] = defaultdict(list)
    for take in takes:
        groups["all"].append(take)
        groups[take.signer or UNKNOWN].append(take)
    return {name: Summary.of(groups[name]) for name in sorted(groups, key=lambda name: (name != "all", name))}
