"""Computes the features of one sign from raw landmarks, as a torch module that is exported with the model.

Shape legend: B takes, T frames, S steps in time after resampling, P points of a part.

All takes of one sign should have the same features whoever signs, with either hand, at any frame rate and from any
distance. So points are given relative to the shoulders and mirrored until the dominant hand is the right one; each hand
is also normalised by itself (Selvaraj et al., "OpenHands", ACL 2022; SignBART, 2025); and time is resampled to a fixed
number of steps by the frames' own times.
"""

from typing import Final

import torch
from torch import Tensor, nn

from landmarkers.layout import (
    LEFT_SHOULDER,
    NOSE,
    PART_SLICES,
    RIGHT_WRIST,
    WRIST,
    Part,
)

# Nose, eyes, mouth corners, shoulders, elbows, wrists; then the same with left and right exchanged.
POSE_POINTS: Final = (NOSE, 2, 5, 9, 10, *range(LEFT_SHOULDER, RIGHT_WRIST + 1))
POSE_MIRRORED: Final = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9)
# Indices in POSE_POINTS, left and right.
SHOULDERS: Final = (5, 6)
ELBOWS: Final = (7, 8)
WRISTS: Final = (9, 10)

# Where no frame shows the shoulders: a signer in the middle who fills the image as KArSL's do.
_DEFAULT_CENTRE: Final = (0.5, 0.5)
_DEFAULT_WIDTH: Final = 0.37

# The bones of a hand, from joint to joint, finger by finger from the thumb.
_BONE_STARTS: Final = (0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19)
_BONE_ENDS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
_TIPS: Final = (4, 8, 12, 16, 20)
_TIP_PAIRS: Final = ((0, 0, 0, 0, 1, 1, 1, 2, 2, 3), (1, 2, 3, 4, 2, 3, 4, 3, 4, 4))

# Knuckles of the index, the middle and the little finger, which with the wrist span the palm.
_INDEX_KNUCKLE: Final = 5
_MIDDLE_KNUCKLE: Final = 9
_LITTLE_KNUCKLE: Final = 17

FEATURE_COUNTS: Final = {"body": 16, "dominant": 389, "non_dominant": 389}
# A hand's features in order: first its shape, then its motion and visibility, last its position.
HANDSHAPE_FEATURES: Final = 299
POSITION_FEATURES: Final = 76
# A part of the motion features: the deviation from the mean position over the take, x and y.
DEVIATION: Final = slice(HANDSHAPE_FEATURES + 4, HANDSHAPE_FEATURES + 6)


class FeatureExtractor(nn.Module):
    """Points [B, T, 543, 3] and times [B, T] to features of body, dominant and non-dominant hand, each [B, S, F].

    A frame whose time is NaN is padding. Only differences between times matter.
    """

    grid: Tensor
    mirrored: Tensor
    default_centre: Tensor

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.register_buffer("grid", torch.linspace(0.0, 1.0, steps), persistent=False)
        self.register_buffer("mirrored", torch.tensor(POSE_MIRRORED), persistent=False)
        self.register_buffer("default_centre", torch.tensor(_DEFAULT_CENTRE), persistent=False)

    def forward(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the features of body, dominant hand and non-dominant hand."""
        first = PART_SLICES[Part.POSE].start
        pose = points[:, :, [first + number for number in POSE_POINTS]]
        left = points[:, :, PART_SLICES[Part.LEFT_HAND]]
        right = points[:, :, PART_SLICES[Part.RIGHT_HAND]]
        return self.from_parts(pose, left, right, times)

    def from_parts(self, pose: Tensor, left: Tensor, right: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the same from the selected points: pose [B, T, 11, 3], hands [B, T, 21, 3]."""
        valid = ~torch.isnan(times)
        seen_pose, seen_left, seen_right = (valid & ~torch.isnan(part[:, :, 0, 0]) for part in (pose, left, right))
        centre, width = self.body_frame(pose, seen_pose)
        pose, left, right = (_normalise(part, centre, width) for part in (pose, left, right))

        left_dominant = _is_left_dominant(pose, seen_pose, left, seen_left, right, seen_right)[:, None]
        flip = torch.where(left_dominant, -1.0, 1.0)[:, :, None, None]
        mirror = torch.cat([flip, torch.ones_like(flip), torch.ones_like(flip)], -1)
        is_mirrored = left_dominant[:, :, None, None]
        pose = torch.where(is_mirrored, pose.index_select(2, self.mirrored), pose) * mirror
        dominant = torch.where(is_mirrored, left, right) * mirror
        non_dominant = torch.where(is_mirrored, right, left) * mirror
        # ONNX Runtime has no `where` for booleans.
        seen_dominant = (left_dominant & seen_left) | (~left_dominant & seen_right)
        seen_non_dominant = (left_dominant & seen_right) | (~left_dominant & seen_left)

        resampler = _TimeResampler(times, valid, self.grid)
        pose = resampler.resample(pose, seen_pose)
        face = pose[:, :, : SHOULDERS[0], :2]
        dominant = resampler.resample(dominant, seen_dominant)
        non_dominant = resampler.resample(non_dominant, seen_non_dominant)
        wrist_offset = dominant[:, :, WRIST, :2] - non_dominant[:, :, WRIST, :2]
        hands = [
            _hand_features(hand, resampler.visibility(seen), face, wrist_offset)
            for hand, seen in ((dominant, seen_dominant), (non_dominant, seen_non_dominant))
        ]
        # Face and shoulders would tell who signs, not what.
        arms = pose[:, :, SHOULDERS[1] + 1 :, :2].flatten(2)
        return torch.cat([arms, _delta(arms)], -1), hands[0], hands[1]

    def body_frame(self, pose: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return the centre [B, 2] and width [B] of the shoulders, averaged over the frames that show them."""
        shoulders = _nan_to_zero(pose[:, :, list(SHOULDERS), :2])
        count = seen.sum(1)
        weight = seen.float()[:, :, None] / count.clamp(min=1)[:, None, None]
        centre = (shoulders.mean(2) * weight).sum(1)
        width = (torch.linalg.vector_norm(shoulders[:, :, 0] - shoulders[:, :, 1], dim=-1) * weight[..., 0]).sum(1)
        known = (count > 0) & (width > 0.01)
        return torch.where(known[:, None], centre, self.default_centre), torch.where(known, width, _DEFAULT_WIDTH)


class _TimeResampler:
    """Resamples the parts of takes to the grid by linear interpolation between the frames that show them."""

    def __init__(self, times: Tensor, valid: Tensor, grid: Tensor) -> None:
        self.times = torch.where(valid, times, 0.0)  # [B, T]
        first = torch.where(valid, times, torch.inf).amin(1, keepdim=True)
        last = torch.where(valid, times, -torch.inf).amax(1, keepdim=True)
        self.grid = first + (last - first) * grid  # [B, S]
        self.indices = torch.arange(times.shape[1], device=times.device)
        self.valid = valid

    def resample(self, part: Tensor, seen: Tensor) -> Tensor:
        """Resample [B, T, P, 3] to [B, S, P, 3].

        Gaps are interpolated, the first and the last seen frame extend to the ends, and a part never seen is zero.
        """
        before, after, blend = self._neighbours(seen)
        flat = part.flatten(2)
        size = (-1, -1, flat.shape[2])
        earlier = torch.gather(flat, 1, before[:, :, None].expand(*size))
        later = torch.gather(flat, 1, after[:, :, None].expand(*size))
        blended: Tensor = earlier + (later - earlier) * blend[:, :, None]
        return blended.reshape(*blended.shape[:2], *part.shape[2:])

    def visibility(self, seen: Tensor) -> Tensor:
        """Return the visibility of a part at each step, [B, S, 1], 0 to 1."""
        before, after, blend = self._neighbours(self.valid)
        values = seen.float()
        earlier, later = torch.gather(values, 1, before), torch.gather(values, 1, after)
        return (earlier + (later - earlier) * blend)[:, :, None]

    def _neighbours(self, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the indices of the seen frames before and after each step and the blend weight, each [B, S]."""
        last = self.times.shape[1] - 1
        times, grid = self.times[:, None, :], self.grid[:, :, None]
        is_before = seen[:, None, :] & (times <= grid)
        is_after = seen[:, None, :] & (times >= grid)
        before = torch.where(is_before, self.indices, -1).amax(2)
        after = torch.where(is_after, self.indices, last + 1).amin(2)
        no_before, no_after = before < 0, after > last
        before, after = torch.where(no_before, after, before), torch.where(no_after, before, after)
        before, after = before.clamp(0, last), after.clamp(0, last)
        start, stop = torch.gather(self.times, 1, before), torch.gather(self.times, 1, after)
        return before, after, ((self.grid - start) / (stop - start).clamp(min=1e-6)).clamp(0.0, 1.0)


def _is_left_dominant(
    pose: Tensor, seen_pose: Tensor, left: Tensor, seen_left: Tensor, right: Tensor, seen_right: Tensor
) -> Tensor:
    """Return True, [B], where the left hand is dominant: seen longer, with a longer path and held higher."""
    count = seen_pose.sum(1).clamp(min=1)
    height = (pose[:, :, list(WRISTS), 1] * seen_pose[:, :, None]).sum(1) / count[:, None]  # y grows downwards
    path_left, path_right = _path_length(left[:, :, WRIST], seen_left), _path_length(right[:, :, WRIST], seen_right)
    longer = (seen_left.sum(1) - seen_right.sum(1)) / torch.maximum(seen_left.sum(1), seen_right.sum(1)).clamp(min=1)
    farther = (path_left - path_right) / (path_left + path_right + 0.2)
    higher = (height[:, 1] - height[:, 0]).clamp(-1.0, 1.0)
    return longer + farther + higher > 0


def _path_length(wrist: Tensor, seen: Tensor) -> Tensor:
    """Return the length of a wrist's path in shoulder widths, [B], over neighbouring frames that both show it."""
    steps = torch.linalg.vector_norm(wrist[:, 1:, :2] - wrist[:, :-1, :2], dim=-1)
    length: Tensor = (steps * (seen[:, 1:] & seen[:, :-1])).sum(1)
    return length


def _normalise(part: Tensor, centre: Tensor, width: Tensor) -> Tensor:
    """Return points in shoulder widths from the centre of the shoulders; unseen points become zero."""
    origin = torch.cat([centre, torch.zeros_like(centre[:, :1])], -1)
    return _nan_to_zero((part - origin[:, None, None]) / width[:, None, None, None])


def _nan_to_zero(points: Tensor) -> Tensor:
    return torch.where(torch.isnan(points), 0.0, points)


def _hand_features(hand: Tensor, visibility: Tensor, face: Tensor, wrist_offset: Tensor) -> Tensor:
    """Return one hand's features, [B, S, 389]: shape, motion, visibility, position."""
    wrist = hand[:, :, :1]
    from_wrist = hand - wrist
    size = torch.linalg.vector_norm(from_wrist, dim=-1).mean(2)[:, :, None, None]  # [B, S, 1, 1]
    shape = from_wrist / size.clamp(min=1e-3)
    is_seen = (size > 1e-3).float()
    position = wrist[..., :2].flatten(2)
    bones = shape[:, :, list(_BONE_ENDS)] - shape[:, :, list(_BONE_STARTS)]
    bones = _unit(bones)
    angles = _joint_angles(shape, bones)
    handshape = [
        shape.flatten(2),
        bones.flatten(2),
        (shape[:, :, 1:, None] * palm_axes(shape)[:, :, None]).sum(-1).flatten(2),
        angles,
        _delta(angles),
        *_deviation_from_mean(angles),
    ]
    motion = [
        _delta(position),
        _delta(_delta(position)),
        *_deviation_from_mean(position),
        _delta(position, 4),
        _delta(position, 8),
        size.flatten(2),
        visibility,
    ]
    nose = face[:, :, :1]
    near = _places_on_face(hand[:, :, list(_TIPS), :2], face) * is_seen
    positions = [((hand[..., :2] - nose) * is_seen).flatten(2), position, wrist_offset, near.flatten(2)]
    return torch.cat([*handshape, *motion, *positions], -1)


def _places_on_face(tips: Tensor, face: Tensor) -> Tensor:
    """Return where finger tips [B, S, 5, 2] are on the face, [B, S, 5, 6], from nose, eyes and mouth corners."""
    nose, eyes, mouth = face[:, :, :1], face[:, :, 1:3], face[:, :, 3:].mean(2, keepdim=True)
    down = mouth - eyes.mean(2, keepdim=True)
    height = torch.linalg.vector_norm(down, dim=-1, keepdim=True).clamp(min=0.02)  # [B, S, 1, 1]
    places = torch.cat([eyes, mouth, mouth + 0.7 * down], 2)  # the last is the chin
    distances = torch.linalg.vector_norm(tips[:, :, :, None] - places[:, :, None], dim=-1) / height
    return torch.cat([torch.exp(-distances), torch.tanh((tips - nose) / (2.0 * height))], -1)


def palm_axes(points: Tensor) -> Tensor:
    """Return the axes of a hand's palm, [..., 3, 3], from its points relative to the wrist, [..., 21, 3].

    The axes run across the palm, from the wrist to the middle finger's knuckle, and out of the palm. In these
    coordinates a hand's points do not change with its rotation; the third axis is reversed in a left hand.
    """
    along = _unit(points[..., _MIDDLE_KNUCKLE, :])
    across = points[..., _LITTLE_KNUCKLE, :] - points[..., _INDEX_KNUCKLE, :]
    across = _unit(across - (across * along).sum(-1, keepdim=True) * along)
    return torch.stack([across, along, torch.linalg.cross(along, across)], -2)


def _unit(directions: Tensor) -> Tensor:
    """Return directions [..., 3] scaled to length one; those close to zero stay short."""
    unit: Tensor = directions / torch.linalg.vector_norm(directions, dim=-1, keepdim=True).clamp(min=1e-3)
    return unit


def _joint_angles(shape: Tensor, bones: Tensor) -> Tensor:
    """Return rotation-invariant handshape features, [B, S, 29], from a hand's points and its bones' directions.

    Cosines of the angle at each joint (15) and between neighbouring fingers (4), and the distances between all pairs
    of finger tips (10). No other features raised accuracy on held-out clips as much.
    """
    fingers = bones.unflatten(2, (5, 4))
    joints = (fingers[:, :, :, 1:] * fingers[:, :, :, :-1]).sum(-1).flatten(2)
    spread = (fingers[:, :, 1:, 1] * fingers[:, :, :-1, 1]).sum(-1)
    tips = shape[:, :, list(_TIPS)]
    distances = torch.linalg.vector_norm(tips[:, :, list(_TIP_PAIRS[0])] - tips[:, :, list(_TIP_PAIRS[1])], dim=-1)
    return torch.cat([joints, spread, distances], -1)


def _deviation_from_mean(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the deviation of values from their mean over the take, and its mean absolute value, at all steps.

    The latter tells a static handshape from the same shape in motion, which single steps hardly show.
    """
    deviation = values - values.mean(1, keepdim=True)
    return deviation, deviation.abs().mean(1, keepdim=True).expand_as(deviation)


def _delta(values: Tensor, steps: int = 1) -> Tensor:
    """Return the change since `steps` steps before, [B, S, F]; zero for the first steps."""
    return torch.cat([torch.zeros_like(values[:, :steps]), values[:, steps:] - values[:, :-steps]], 1)
