"""Shows takes with the ways on which the arms come and go, as the spotter cuts them from a running stream.

The clips of a data set are trimmed to the sign. A stream is not: before it hands rise from the lap or from the sign
before, after it they sink again, and a hand that takes no part may lie in view. Without this a network that reads 99 %
of clips reads half of what is signed in a stream.

Shape legend: B takes, T frames, K frames of a way, P points. Pose [B, T, 11, 3], hands [B, T, 21, 3], times [B, T].
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from landmarkers.layout import WRIST
from trainer.augment import Batch
from trainer.held import shoulder_width, strayed
from trainer.preprocess import ELBOWS, SHOULDERS, WRISTS

SLOTS: Final = 6  # K
_HARDLY_SEEN: Final = 0.2  # of a sign's frames: a hand seen in fewer rests
_IDLE: Final = 0.25  # shoulder widths within which an idle hand stays ...
_LOW: Final = 0.7  # ... and so far below the shoulders


@dataclass(frozen=True, slots=True)
class Ways:
    """How often and how long. Seconds, and shares of takes."""

    chance: float = 0.75  # that a way comes before; and, apart from that, after
    longest_s: float = 0.35  # from one pose to the other
    from_rest: float = 0.6  # of the ways lead to or from the lap, the others to or from another sign
    lap_seen: float = 0.6  # of the laps are in view, and hands in them
    kept: float = 0.5  # of these, a hand that takes no part lies in view during the sign as well
    lost: float = 0.5  # of the hands that take no part and were recorded in view are out of it


@dataclass(frozen=True, slots=True)
class _Pose:
    """One pose of each take: pose [B, 11, 3], left and right hand [B, 21, 3]."""

    pose: Tensor
    left: Tensor
    right: Tensor

    def where(self, chosen: Tensor, other: "_Pose") -> "_Pose":
        """One pose for the chosen takes [B], another for the rest."""
        here = chosen[:, None, None]
        return _Pose(
            torch.where(here, self.pose, other.pose),
            torch.where(here, self.left, other.left),
            torch.where(here, self.right, other.right),
        )


def add_ways(batch: Batch, ways: Ways, random: torch.Generator) -> Batch:
    """The takes, some with ways before and after them and resting hands in view; K frames longer at each end.

    Changes the batch that it is given, which a copy would make dearer.
    """
    pose, left, right, times = batch
    count, device = len(times), times.device
    valid = ~times.isnan()
    length = valid.sum(1)
    number = torch.arange(times.shape[1], device=device)
    first = torch.where(valid, number, times.shape[1]).amin(1)
    last = torch.where(valid, number, -1).amax(1)
    place = _place(pose)
    parts = (pose, left, right)
    _lose_idle(parts, place, _chance(times, ways.lost, random))
    rest = _rest(parts, place, first, random)
    lap_seen = _chance(times, ways.lap_seen, random)
    _keep(parts, valid, rest, lap_seen & _chance(times, ways.kept, random))
    unseen = torch.full_like(rest.left, torch.nan)
    rest = rest.where(lap_seen, _Pose(rest.pose, unseen, unseen))

    start, end = (_at(parts, index) for index in (first, last))
    neighbour = torch.randperm(count, generator=random, device=device)
    there = (place[0][neighbour], place[1][neighbour])
    begin_s, end_s = (times.gather(1, index[:, None])[:, 0] for index in (first, last))
    step = ((end_s - begin_s) / (length - 1).clamp(min=1)).clamp(min=1 / 60)
    ends = []
    for here, other, sign in ((start, end, -1.0), (end, start, 1.0)):
        from_rest = _chance(times, ways.from_rest, random)
        anchor = rest.where(from_rest, _laid(_of(other, neighbour), there, place))
        whole = ways.longest_s * (0.4 + 0.6 * torch.rand(count, generator=random, device=device))
        shown = whole * torch.rand(count, generator=random, device=device) * _chance(times, ways.chance, random)
        # Seconds from the sign, [B, K]; before it, the farthest comes first.
        slots = torch.arange(1, SLOTS + 1, device=device)[None] * step[:, None]
        slots = slots.flip(1) if sign < 0 else slots
        clock = (begin_s if sign < 0 else end_s)[:, None] + sign * slots
        clock = torch.where(slots <= shown[:, None], clock, torch.nan)
        ends.append((*_way(here, anchor, (slots / whole[:, None]).clamp(max=1.0)), clock))
    before, after = ends
    joined = [_joined(one, own, two) for one, own, two in zip(before[:3], parts, after[:3], strict=True)]
    return joined[0], joined[1], joined[2], torch.cat([before[3], times, after[3]], 1)


def _joined(*pieces: Tensor) -> Tensor:
    """Pieces [B, T, P, 3] one after the other in time, each coordinate in one piece of memory."""
    return torch.cat([piece.permute(0, 3, 1, 2) for piece in pieces], 2).permute(0, 2, 3, 1)


def _chance(like: Tensor, chance: float, random: torch.Generator) -> Tensor:
    """Which of the takes [B] are struck."""
    return torch.rand(len(like), generator=random, device=like.device) < chance


def _at(parts: tuple[Tensor, Tensor, Tensor], index: Tensor) -> _Pose:
    rows = torch.arange(len(index), device=index.device)
    return _Pose(*(part[rows, index] for part in parts))


def _of(pose: _Pose, takes: Tensor) -> _Pose:
    return _Pose(pose.pose[takes], pose.left[takes], pose.right[takes])


def _place(pose: Tensor) -> tuple[Tensor, Tensor]:
    """Middle [B, 3] and width [B] of the shoulders; the middle of all takes where nobody's are seen."""
    middle = ((pose[:, :, SHOULDERS[0], :2] + pose[:, :, SHOULDERS[1], :2]) / 2).nanmean(1)
    middle = torch.nn.functional.pad(middle, (0, 1))
    width = shoulder_width(pose)
    known = ~width.isnan()
    return (
        torch.where(known[:, None], middle, torch.tensor([0.5, 0.5, 0.0], device=pose.device)),
        torch.where(known, width, 0.37),
    )


def _laid(pose: _Pose, own: tuple[Tensor, Tensor], there: tuple[Tensor, Tensor]) -> _Pose:
    """A pose moved and resized from one place of the shoulders to another."""
    scale = (there[1] / own[1])[:, None, None]
    return _Pose(*((part - own[0][:, None]) * scale + there[0][:, None] for part in (pose.pose, pose.left, pose.right)))


def _rest(
    parts: tuple[Tensor, Tensor, Tensor], place: tuple[Tensor, Tensor], first: Tensor, random: torch.Generator
) -> _Pose:
    """Each take's signer with both hands in the lap, the hands shaped as where they are first seen."""
    pose, left, right = parts
    middle, width = place
    still = _at(parts, first).pose
    hands = []
    shapes = [_first_shape(hand) for hand in (left, right)]
    mirror = torch.tensor([-1.0, 1.0, 1.0], device=pose.device)
    for side, (out, shape, other) in enumerate(((1.0, shapes[0], shapes[1]), (-1.0, shapes[1], shapes[0]))):
        aside, depth = torch.rand((2, len(pose)), generator=random, device=pose.device)
        down = torch.stack(
            [out * (0.05 + 0.35 * aside) * width, (0.9 + 0.5 * depth) * width, torch.zeros_like(width)], -1
        )
        wrist = middle + down
        elbow = torch.stack([out * 0.65 * width, 0.75 * width, torch.zeros_like(width)], -1) + middle
        still[:, WRISTS[side], :2], still[:, ELBOWS[side], :2] = wrist[:, :2], elbow[:, :2]
        shape = torch.where(shape.isnan(), other * mirror, shape)
        hands.append(shape + wrist[:, None])
    return _Pose(still, hands[0], hands[1])


def _first_shape(hand: Tensor) -> Tensor:
    """A hand's points seen from its wrist, [B, 21, 3], in the first frame that shows it; NaN where none does."""
    seen = ~hand[:, :, 0, 0].isnan()
    frame = hand[torch.arange(len(hand), device=hand.device), seen.int().argmax(1)]
    return frame - frame[:, WRIST : WRIST + 1]


def _lose_idle(parts: tuple[Tensor, Tensor, Tensor], place: tuple[Tensor, Tensor], chosen: Tensor) -> None:
    """Put a hand that lies still and low beside a hand that signs out of view in the chosen takes.

    One signer's idle hand lies in the picture and another's does not, which says nothing of the sign.
    """
    middle, width = place
    idle = []
    for hand in parts[1:]:
        is_low = hand[:, :, WRIST, 1].nanmean(1) - middle[:, 1] > _LOW * width  # no for a hand that is not seen
        idle.append(is_low & (strayed(hand) < _IDLE * width))
    for hand, mine, other in zip(parts[1:], idle, idle[::-1], strict=True):
        hand[(chosen & mine & ~other).nonzero()[:, 0]] = torch.nan


def _keep(parts: tuple[Tensor, Tensor, Tensor], valid: Tensor, rest: _Pose, kept: Tensor) -> None:
    """Where `kept`, lay a hand that the take hardly shows into the lap for the whole take, wrist and elbow too."""
    pose = parts[0]
    for side, (hand, resting) in enumerate(zip(parts[1:], (rest.left, rest.right), strict=True)):
        seen = (~hand[:, :, 0, 0].isnan() & valid).sum(1) / valid.sum(1).clamp(min=1)
        chosen = (kept & (seen < _HARDLY_SEEN)).nonzero()[:, 0]
        hand[chosen] = resting[chosen, None]
        for point in (WRISTS[side], ELBOWS[side]):
            pose[chosen, :, point] = rest.pose[chosen, None, point]


def _way(here: _Pose, anchor: _Pose, share: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The poses [B, K, P, 3] at these shares of the straight way from one pose to another.

    A hand that only one of them shows keeps its shape and goes with the pose's wrist, for its half of the way.
    """
    part = share[:, :, None, None]
    pose = here.pose[:, None] + part * (anchor.pose - here.pose)[:, None]
    hands = []
    for side, (mine, theirs) in enumerate(((here.left, anchor.left), (here.right, anchor.right))):
        both = ~(mine[:, 0, 0] + theirs[:, 0, 0]).isnan()[:, None, None, None]
        wrist = pose[:, :, WRISTS[side], None]
        is_mine = part < 0.5
        carried = wrist - torch.where(
            is_mine, here.pose[:, None, WRISTS[side], None], anchor.pose[:, None, WRISTS[side], None]
        )
        unseen = torch.where(is_mine, mine[:, None, :1], theirs[:, None, :1]).isnan()
        aside = torch.where(both, 0.0, torch.where(unseen, torch.nan, carried))
        weight = torch.where(both, part, torch.where(is_mine, 0.0, 1.0))
        start, stop = (_in_planes(hand).nan_to_num(0.0) for hand in (mine, theirs))
        hands.append(torch.lerp(start, stop, weight).add_(aside))
    return pose, hands[0], hands[1]


def _in_planes(points: Tensor) -> Tensor:
    """Points [B, P, 3] as [B, 1, P, 3], each coordinate in one piece of memory."""
    return points.transpose(1, 2).contiguous().transpose(1, 2)[:, None]
