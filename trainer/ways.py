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
from trainer.held import strayed
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
    """The takes, some with ways before and after them and resting hands in view; K frames longer at each end."""
    pose, left, right, times = batch
    count = len(times)
    valid = ~times.isnan()
    length = valid.sum(1)
    number = torch.arange(times.shape[1], device=times.device)
    first = torch.where(valid, number, times.shape[1]).amin(1)
    last = torch.where(valid, number, -1).amax(1)
    left, right = _lose_idle((pose, left, right), _chance(times, ways.lost, random))
    rest = _rest((pose, left, right, times), random)
    lap_seen = _chance(times, ways.lap_seen, random)
    kept = lap_seen & _chance(times, ways.kept, random)
    pose, left, right = _keep((pose, left, right), valid, rest, kept)
    unseen = torch.full_like(rest.left, torch.nan)
    rest = rest.where(lap_seen, _Pose(rest.pose, unseen, unseen))

    start, end = (_at((pose, left, right), index) for index in (first, last))
    neighbour = torch.randperm(count, generator=random, device=times.device)
    place, there = _place(pose), _place(pose[neighbour])
    begin_s, end_s = (times.gather(1, index[:, None])[:, 0] for index in (first, last))
    step = ((end_s - begin_s) / (length - 1).clamp(min=1)).clamp(min=1 / 60)
    ends = []
    for here, other, sign in ((start, end, -1.0), (end, start, 1.0)):
        anchor = rest.where(_chance(times, ways.from_rest, random), _laid(_of(other, neighbour), there, place))
        whole = ways.longest_s * (0.4 + 0.6 * _rand(times, random))
        shown = whole * _rand(times, random) * _chance(times, ways.chance, random)
        slots = torch.arange(1, SLOTS + 1, device=times.device)[None] * step[:, None]  # [B, K] seconds from the sign
        share = (slots / whole[:, None]).clamp(max=1.0)
        clock = (begin_s if sign < 0 else end_s)[:, None] + sign * slots
        clock = torch.where(slots <= shown[:, None], clock, torch.nan)
        parts = _way(here, anchor, share)
        ends.append([part.flip(1) if sign < 0 else part for part in (*parts, clock)])
    before, after = ends
    joined = [
        torch.cat([one, own, two], 1) for one, own, two in zip(before, (pose, left, right, times), after, strict=True)
    ]
    return joined[0], joined[1], joined[2], joined[3]


def _rand(times: Tensor, random: torch.Generator) -> Tensor:
    """A number from 0 to 1 for each take, [B]."""
    return torch.rand(len(times), generator=random, device=times.device)


def _chance(times: Tensor, chance: float, random: torch.Generator) -> Tensor:
    return _rand(times, random) < chance


def _at(parts: tuple[Tensor, Tensor, Tensor], index: Tensor) -> _Pose:
    rows = torch.arange(len(index), device=index.device)
    return _Pose(*(part[rows, index] for part in parts))


def _of(pose: _Pose, takes: Tensor) -> _Pose:
    return _Pose(pose.pose[takes], pose.left[takes], pose.right[takes])


def _place(pose: Tensor) -> tuple[Tensor, Tensor]:
    """Middle [B, 3] and width [B] of the shoulders; the middle of all takes where nobody's are seen."""
    shoulders = pose[:, :, list(SHOULDERS)]
    middle = shoulders.mean(2).nanmean(1)
    middle = torch.cat([middle[:, :2], torch.zeros_like(middle[:, :1])], 1)
    width = (shoulders[:, :, 0, :2] - shoulders[:, :, 1, :2]).norm(dim=-1).nanmean(1)
    known = ~width.isnan()
    return (
        torch.where(known[:, None], middle, pose.new_tensor([0.5, 0.5, 0.0])),
        torch.where(known, width, 0.37),
    )


def _laid(pose: _Pose, own: tuple[Tensor, Tensor], there: tuple[Tensor, Tensor]) -> _Pose:
    """A pose moved and resized from one place of the shoulders to another."""
    scale = (there[1] / own[1])[:, None, None]
    return _Pose(*((part - own[0][:, None]) * scale + there[0][:, None] for part in (pose.pose, pose.left, pose.right)))


def _rest(batch: Batch, random: torch.Generator) -> _Pose:
    """Each take's signer with both hands in the lap, the hands shaped as where they are first seen."""
    pose, left, right, times = batch
    middle, width = _place(pose)
    valid = ~times.isnan()
    number = torch.arange(times.shape[1], device=times.device)
    still = _at((pose, left, right), torch.where(valid, number, times.shape[1]).amin(1)).pose.clone()
    hands = []
    shapes = [_first_shape(hand) for hand in (left, right)]
    mirror = pose.new_tensor([-1.0, 1.0, 1.0])
    reach = pose.new_tensor([[0.35], [0.5]])
    for side, (out, shape, other) in enumerate(((1.0, shapes[0], shapes[1]), (-1.0, shapes[1], shapes[0]))):
        aside, depth = (torch.rand((2, len(pose)), generator=random, device=pose.device) * reach).unbind(0)
        down = torch.stack([out * (0.05 + aside) * width, (0.9 + depth) * width, torch.zeros_like(width)], -1)
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


def _lose_idle(parts: tuple[Tensor, Tensor, Tensor], chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Both hands, one that lies still and low beside a hand that signs out of view in the chosen takes.

    One signer's idle hand lies in the picture and another's does not, which says nothing of the sign.
    """
    pose, *hands = parts
    middle, width = _place(pose)
    idle = []
    for hand in hands:
        is_low = hand[:, :, WRIST, 1].nanmean(1) - middle[:, 1] > _LOW * width  # no for a hand that is not seen
        idle.append(is_low & (strayed(hand) < _IDLE * width))
    left_lost, right_lost = chosen & idle[0] & ~idle[1], chosen & idle[1] & ~idle[0]
    left = torch.where(left_lost[:, None, None, None], torch.nan, hands[0])
    return left, torch.where(right_lost[:, None, None, None], torch.nan, hands[1])


def _keep(
    parts: tuple[Tensor, Tensor, Tensor], valid: Tensor, rest: _Pose, kept: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Where `kept`, lay a hand that the take hardly shows into the lap for the whole take, wrist and elbow too."""
    pose, hands = parts[0].clone(), [parts[1], parts[2]]
    for side, resting in enumerate((rest.left, rest.right)):
        seen = (~hands[side][:, :, 0, 0].isnan() & valid).sum(1) / valid.sum(1).clamp(min=1)
        chosen = kept & (seen < _HARDLY_SEEN)
        hands[side] = torch.where(chosen[:, None, None, None], resting[:, None], hands[side])
        for point in (WRISTS[side], ELBOWS[side]):
            pose[:, :, point] = torch.where(chosen[:, None, None], rest.pose[:, None, point], pose[:, :, point])
    return pose, hands[0], hands[1]


def _way(here: _Pose, anchor: _Pose, share: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The poses [B, K, P, 3] at these shares of the straight way from one pose to another."""
    part = share[:, :, None, None]
    pose = here.pose[:, None] + part * (anchor.pose - here.pose)[:, None]
    hands = []
    for side, (mine, theirs) in enumerate(((here.left, anchor.left), (here.right, anchor.right))):
        between = mine[:, None] + part * (theirs - mine)[:, None]
        wrist = pose[:, :, WRISTS[side], None]
        mine_carried = mine[:, None] + wrist - here.pose[:, None, WRISTS[side], None]
        theirs_carried = theirs[:, None] + wrist - anchor.pose[:, None, WRISTS[side], None]
        carried = torch.where(part < 0.5, mine_carried, theirs_carried)
        hands.append(torch.where(between.isnan(), carried, between))
    return pose, hands[0], hands[1]
