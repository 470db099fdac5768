"""From raw landmarks to the features of one sign, as a torch module that is exported with the model.

Shape legend: B takes, T frames, S steps in time after resampling, P points of a part.

All takes of one sign should look alike whoever signs, with either hand, at any frame rate and from any
distance. So points are laid relative to the shoulders, mirrored until the leading hand is the right one,
each hand is also normalised by itself (Selvaraj et al., "OpenHands", ACL 2022; SignBART, 2025), and time is
resampled to a fixed number of steps by the frames' own times.
"""

from typing import Final

import torch
from torch import Tensor, nn

from landmarkers.layout import (
    LEFT_ELBOW,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    PART_SLICES,
    RIGHT_ELBOW,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    WRIST,
    Part,
)

# Nose, eyes, mouth corners, shoulders, elbows, wrists; then the same with left and right exchanged.
POSE_POINTS: Final = (
    NOSE,
    2,
    5,
    9,
    10,
    LEFT_SHOULDER,
    RIGHT_SHOULDER,
    LEFT_ELBOW,
    RIGHT_ELBOW,
    LEFT_WRIST,
    RIGHT_WRIST,
)
POSE_MIRRORED: Final = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9)
# Left and right, as they stand in POSE_POINTS.
SHOULDERS: Final = (5, 6)
ELBOWS: Final = (7, 8)
WRISTS: Final = (9, 10)

# Where nobody's shoulders are seen: a signer in the middle who fills the picture as KArSL's do.
_USUAL_CENTRE: Final = (0.5, 0.5)
_USUAL_WIDTH: Final = 0.37

# The bones of a hand, from joint to joint, finger by finger from the thumb.
_BONE_STARTS: Final = (0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19)
_BONE_ENDS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
_TIPS: Final = (4, 8, 12, 16, 20)
_TIP_PAIRS: Final = ((0, 0, 0, 0, 1, 1, 1, 2, 2, 3), (1, 2, 3, 4, 2, 3, 4, 3, 4, 4))

# Knuckles of the first, the middle and the little finger, which with the wrist span the palm.
_FIRST_KNUCKLE: Final = 5
_MIDDLE_KNUCKLE: Final = 9
_LITTLE_KNUCKLE: Final = 17

FEATURE_COUNTS: Final = {"body": 44, "lead": 359, "other": 359}
# A hand's features: first what its shape is, then how it goes and whether it is seen, last where it is.
SHAPE_FEATURES: Final = 299
PLACE_FEATURES: Final = 46
# Of how it goes: how far it is from its mean place, x and y, on average over the take; the same at every step.
SPREAD: Final = slice(SHAPE_FEATURES + 6, SHAPE_FEATURES + 8)


class FeatureExtractor(nn.Module):
    """Points [B, T, 543, 3] and times [B, T] to features by token: body, leading hand, other hand, [B, S, F].

    A frame whose time is NaN is padding. Times need only be right relative to each other.
    """

    grid: Tensor
    mirrored: Tensor
    usual_centre: Tensor

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.register_buffer("grid", torch.linspace(0.0, 1.0, steps), persistent=False)
        self.register_buffer("mirrored", torch.tensor(POSE_MIRRORED), persistent=False)
        self.register_buffer("usual_centre", torch.tensor(_USUAL_CENTRE), persistent=False)

    def forward(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features of body, leading hand and other hand."""
        first = PART_SLICES[Part.POSE].start
        pose = points[:, :, [first + number for number in POSE_POINTS]]
        left = points[:, :, PART_SLICES[Part.LEFT_HAND]]
        right = points[:, :, PART_SLICES[Part.RIGHT_HAND]]
        return self.features(pose, left, right, times)

    def features(self, pose: Tensor, left: Tensor, right: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The same from the picked points: pose [B, T, 11, 3], hands [B, T, 21, 3]."""
        valid = ~torch.isnan(times)
        seen_pose, seen_left, seen_right = (valid & ~torch.isnan(part[:, :, 0, 0]) for part in (pose, left, right))
        centre, width = self.body_frame(pose, seen_pose)
        pose, left, right = (_lay(part, centre, width) for part in (pose, left, right))

        leads_left = _left_leads(pose, seen_pose, left, seen_left, right, seen_right)[:, None]
        flip = torch.where(leads_left, -1.0, 1.0)[:, :, None, None]
        turn = torch.cat([flip, torch.ones_like(flip), torch.ones_like(flip)], -1)
        here = leads_left[:, :, None, None]
        pose = torch.where(here, pose.index_select(2, self.mirrored), pose) * turn
        lead, other = torch.where(here, left, right) * turn, torch.where(here, right, left) * turn
        # ONNX Runtime has no `where` between truth values.
        seen_lead = (leads_left & seen_left) | (~leads_left & seen_right)
        seen_other = (leads_left & seen_right) | (~leads_left & seen_left)

        clock = _Clock(times, valid, self.grid)
        pose = clock.resample(pose, seen_pose)
        nose = pose[:, :, :1, :2]
        lead, other = clock.resample(lead, seen_lead), clock.resample(other, seen_other)
        apart = lead[:, :, WRIST, :2] - other[:, :, WRIST, :2]
        hands = [
            _hand_features(hand, clock.share(seen), nose, apart)
            for hand, seen in ((lead, seen_lead), (other, seen_other))
        ]
        body = torch.cat([pose[..., :2].flatten(2), _motion(pose[..., :2].flatten(2))], -1)
        return body, hands[0], hands[1]

    def body_frame(self, pose: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Middle [B, 2] and width [B] of the shoulders, averaged over the frames that show them."""
        shoulders = _zero_unseen(pose[:, :, list(SHOULDERS), :2])
        count = seen.sum(1)
        weight = seen.float()[:, :, None] / count.clamp(min=1)[:, None, None]
        centre = (shoulders.mean(2) * weight).sum(1)
        width = (torch.linalg.vector_norm(shoulders[:, :, 0] - shoulders[:, :, 1], dim=-1) * weight[..., 0]).sum(1)
        known = (count > 0) & (width > 0.01)
        return torch.where(known[:, None], centre, self.usual_centre), torch.where(known, width, _USUAL_WIDTH)


class _Clock:
    """Resamples one take's parts to the grid by linear interpolation between the frames that show them."""

    def __init__(self, times: Tensor, valid: Tensor, grid: Tensor) -> None:
        self.times = torch.where(valid, times, 0.0)  # [B, T]
        first = torch.where(valid, times, torch.inf).amin(1, keepdim=True)
        last = torch.where(valid, times, -torch.inf).amax(1, keepdim=True)
        self.grid = first + (last - first) * grid  # [B, S]
        self.numbers = torch.arange(times.shape[1], device=times.device)
        self.valid = valid

    def resample(self, part: Tensor, seen: Tensor) -> Tensor:
        """[B, T, P, 3] to [B, S, P, 3]; a gap is bridged, an end is held, a part never seen is zero."""
        before, after, blend = self._neighbours(seen)
        flat = part.flatten(2)
        size = (-1, -1, flat.shape[2])
        earlier = torch.gather(flat, 1, before[:, :, None].expand(*size))
        later = torch.gather(flat, 1, after[:, :, None].expand(*size))
        blended: Tensor = earlier + (later - earlier) * blend[:, :, None]
        return blended.reshape(*blended.shape[:2], *part.shape[2:])

    def share(self, seen: Tensor) -> Tensor:
        """How far the part was seen at each step, [B, S, 1], 0 to 1."""
        before, after, blend = self._neighbours(self.valid)
        there = seen.float()
        earlier, later = torch.gather(there, 1, before), torch.gather(there, 1, after)
        return (earlier + (later - earlier) * blend)[:, :, None]

    def _neighbours(self, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Numbers of the seen frames before and after each step, [B, S], and how far between them it lies."""
        last = self.times.shape[1] - 1
        times, grid = self.times[:, None, :], self.grid[:, :, None]
        is_before = seen[:, None, :] & (times <= grid)
        is_after = seen[:, None, :] & (times >= grid)
        before = torch.where(is_before, self.numbers, -1).amax(2)
        after = torch.where(is_after, self.numbers, last + 1).amin(2)
        no_before, no_after = before < 0, after > last
        before, after = torch.where(no_before, after, before), torch.where(no_after, before, after)
        before, after = before.clamp(0, last), after.clamp(0, last)
        start, stop = torch.gather(self.times, 1, before), torch.gather(self.times, 1, after)
        return before, after, ((self.grid - start) / (stop - start).clamp(min=1e-6)).clamp(0.0, 1.0)


def _left_leads(
    pose: Tensor, seen_pose: Tensor, left: Tensor, seen_left: Tensor, right: Tensor, seen_right: Tensor
) -> Tensor:
    """Whether the left hand leads, [B]: it is seen longer, travels more and is held higher."""
    count = seen_pose.sum(1).clamp(min=1)
    height = (pose[:, :, list(WRISTS), 1] * seen_pose[:, :, None]).sum(1) / count[:, None]  # y grows downwards
    travel_left, travel_right = _travel(left[:, :, WRIST], seen_left), _travel(right[:, :, WRIST], seen_right)
    longer = (seen_left.sum(1) - seen_right.sum(1)) / torch.maximum(seen_left.sum(1), seen_right.sum(1)).clamp(min=1)
    farther = (travel_left - travel_right) / (travel_left + travel_right + 0.2)
    higher = (height[:, 1] - height[:, 0]).clamp(-1.0, 1.0)
    return longer + farther + higher > 0


def _travel(wrist: Tensor, seen: Tensor) -> Tensor:
    """Length of a wrist's way in shoulder widths, [B], over neighbouring frames that both show it."""
    steps = torch.linalg.vector_norm(wrist[:, 1:, :2] - wrist[:, :-1, :2], dim=-1)
    way: Tensor = (steps * (seen[:, 1:] & seen[:, :-1])).sum(1)
    return way


def _lay(part: Tensor, centre: Tensor, width: Tensor) -> Tensor:
    """Points in shoulder widths from the middle of the shoulders; unseen ones become zero."""
    origin = torch.cat([centre, torch.zeros_like(centre[:, :1])], -1)
    return _zero_unseen((part - origin[:, None, None]) / width[:, None, None, None])


def _zero_unseen(points: Tensor) -> Tensor:
    return torch.where(torch.isnan(points), 0.0, points)


def _hand_features(hand: Tensor, share: Tensor, nose: Tensor, apart: Tensor) -> Tensor:
    """One hand's features, [B, S, 359]: its shape, where it is, how it moves, whether it is seen."""
    wrist = hand[:, :, :1]
    own = hand - wrist
    size = torch.linalg.vector_norm(own, dim=-1).mean(2)[:, :, None, None]  # [B, S, 1, 1]
    shape = own / size.clamp(min=1e-3)
    there = (size > 1e-3).float()
    place = wrist[..., :2].flatten(2)
    bones = shape[:, :, list(_BONE_ENDS)] - shape[:, :, list(_BONE_STARTS)]
    bones = _unit(bones)
    bends = _bends(shape, bones)
    shapes = [
        shape.flatten(2),
        bones.flatten(2),
        (shape[:, :, 1:, None] * palm_axes(shape)[:, :, None]).sum(-1).flatten(2),
        bends,
        _motion(bends),
        *_course(bends),
    ]
    ways = [
        _motion(place),
        _motion(_motion(place)),
        *_course(place),
        _motion(place, 4),
        _motion(place, 8),
        size.flatten(2),
        share,
    ]
    places = [((hand[..., :2] - nose) * there).flatten(2), place, apart]
    return torch.cat([*shapes, *ways, *places], -1)


def palm_axes(own: Tensor) -> Tensor:
    """The axes of a hand's own palm, [..., 3, 3], from its points as seen from the wrist, [..., 21, 3].

    Across the palm, from the wrist to the middle finger's knuckle, and out of it. Along them a hand's points are the
    same however the hand is turned; the third is the other way round in a left hand.
    """
    along = _unit(own[..., _MIDDLE_KNUCKLE, :])
    across = own[..., _LITTLE_KNUCKLE, :] - own[..., _FIRST_KNUCKLE, :]
    across = _unit(across - (across * along).sum(-1, keepdim=True) * along)
    return torch.stack([across, along, torch.linalg.cross(along, across)], -2)


def _unit(directions: Tensor) -> Tensor:
    """Directions [..., 3] of length one; what has hardly any length stays short."""
    unit: Tensor = directions / torch.linalg.vector_norm(directions, dim=-1, keepdim=True).clamp(min=1e-3)
    return unit


def _bends(shape: Tensor, bones: Tensor) -> Tensor:
    """What a hand's shape is however it is turned, [B, S, 29], from its points and its bones' directions.

    Cosines of the angle at each joint (15) and between neighbouring fingers (4), and the distances between all pairs
    of finger tips (10). Nothing else lifted accuracy on held-out clips as much.
    """
    fingers = bones.unflatten(2, (5, 4))
    joints = (fingers[:, :, :, 1:] * fingers[:, :, :, :-1]).sum(-1).flatten(2)
    spread = (fingers[:, :, 1:, 1] * fingers[:, :, :-1, 1]).sum(-1)
    tips = shape[:, :, list(_TIPS)]
    apart = torch.linalg.vector_norm(tips[:, :, list(_TIP_PAIRS[0])] - tips[:, :, list(_TIP_PAIRS[1])], dim=-1)
    return torch.cat([joints, spread, apart], -1)


def _course(values: Tensor) -> tuple[Tensor, Tensor]:
    """What values do over the take wherever they are: their distance from their mean, and its mean size at all steps.

    The latter tells a shape that is held from the same shape on its way, which single steps hardly show.
    """
    apart = values - values.mean(1, keepdim=True)
    return apart, apart.abs().mean(1, keepdim=True).expand_as(apart)


def _motion(values: Tensor, steps: int = 1) -> Tensor:
    """Change from so many steps before, [B, S, F], zero where there are none."""
    return torch.cat([torch.zeros_like(values[:, :steps]), values[:, steps:] - values[:, :-steps]], 1)
