"""Shows held hand shapes elsewhere and tilted otherwise.

Numbers and letters are hand shapes held still. Where a signer holds them and how he tilts the hand differs from one
recording to the next by half a shoulder width and half a right angle, and says nothing; a network that has one clip of
them cannot know. Where a hand goes that moves does say something, so takes of moving hands stay as they are.

Shape legend: B takes, T frames, P points. Pose [B, T, 11, 3], hands [B, T, 21, 3], times [B, T].
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from landmarkers.layout import WRIST
from trainer.augment import Batch
from trainer.preprocess import ELBOWS, SHOULDERS, WRISTS


@dataclass(frozen=True, slots=True)
class Held:
    """How far and how often. Takes between `still` and twice that are changed the less, the more they move."""

    still: float = 0.1  # shoulder widths over which the wrists of a held hand stray at most
    chance: float = 0.7  # that the hands are held elsewhere
    shift: float = 0.12  # standard deviation, in picture widths of a signer who fills the picture as KArSL's do
    tilt: float = 0.6  # radians in the picture plane, at most, each hand by itself


def hold_otherwise(batch: Batch, by: Held, random: torch.Generator) -> Batch:
    """The takes, those of held hands with the hands elsewhere, wrists and elbows with them, and tilted."""
    pose, left, right, times = batch
    count, device = len(times), times.device
    stillness = (2.0 - _extent(pose, left, right) / by.still).clamp(0.0, 1.0) if by.still else times.new_zeros(count)
    chosen = (torch.rand(count, generator=random, device=device) < by.chance) * stillness
    shift = times.new_zeros(count, 1, 1, 3)
    shift[:, 0, 0, :2] = by.shift * chosen[:, None] * torch.randn((count, 2), generator=random, device=device)
    pose = pose.clone()
    pose[:, :, WRISTS] += shift
    pose[:, :, ELBOWS] += shift / 2
    tilts = ((2.0 * torch.rand(count, generator=random, device=device) - 1.0) * by.tilt * stillness for _ in range(2))
    left, right = (_tilted(hand + shift, tilt) for hand, tilt in zip((left, right), tilts, strict=True))
    return pose, left, right, times


def _extent(pose: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """How far the wrist that moves more strays, in shoulder widths, [B]."""
    one, other = (pose[:, :, number, :2] for number in SHOULDERS)
    width = (one - other).norm(dim=-1).nanmean(1).nan_to_num(torch.inf)
    extent: Tensor = torch.maximum(strayed(left), strayed(right)) / width.clamp(min=1e-3)
    return extent


def strayed(hand: Tensor) -> Tensor:
    """How far a hand's wrist strays over each take, [B], in the points' own unit; 0 for a hand that is not seen."""
    wrist = hand[:, :, WRIST, :2]
    unseen = wrist.isnan()
    most, least = wrist.masked_fill(unseen, -torch.inf).amax(1), wrist.masked_fill(unseen, torch.inf).amin(1)
    way: Tensor = (most - least).clamp(min=0.0).norm(dim=-1)
    return way


def _tilted(hand: Tensor, angle: Tensor) -> Tensor:
    """A hand [B, T, 21, 3] turned about its wrist in the picture plane, by radians [B]."""
    wrist, own = hand[:, :, :1], hand - hand[:, :, :1]
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    x, y, z = own.unbind(-1)
    return wrist + torch.stack([x * cos - y * sin, x * sin + y * cos, z], -1)
