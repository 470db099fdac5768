"""Makes takes that are no sign out of takes that are one.

Shape legend as in augment.py. Three kinds: the end of one sign and the beginning of the next, hands that rest in the
lap, and the way to or from a sign alone.
"""

import torch
from torch import Tensor

from landmarkers.layout import WRIST
from trainer.augment import Batch
from trainer.preprocess import SHOULDERS, WRISTS
from trainer.ways import SLOTS

_LEAST = 2  # frames of a way


def spoil(batch: Batch, share: float, random: torch.Generator) -> tuple[Batch, Tensor]:
    """The batch, as `add_ways` gives it, with this share of its takes made into no sign, and which these are, [B]."""
    count, device = len(batch[0]), batch[0].device
    spoilt = torch.rand(count, generator=random, device=device) < share
    kind = torch.rand(count, generator=random, device=device)
    rests, ways = spoilt & (kind < 0.2), spoilt & (kind > 0.5)
    changed, are_ways = _way_alone(batch, ways, random)
    changed = _gathered(changed)
    passes = spoilt & ~rests & ~are_ways
    return _rest(_pass_over(changed, passes, random), rests, random), spoilt


def _way_alone(batch: Batch, chosen: Tensor, random: torch.Generator) -> tuple[Batch, Tensor]:
    """Leave of a take the way before or after it, where `add_ways` has put one of two frames at least."""
    pose, left, right, times = batch
    shown = ~times.isnan()
    before, after = torch.zeros_like(shown), torch.zeros_like(shown)
    before[:, :SLOTS], after[:, -SLOTS:] = shown[:, :SLOTS], shown[:, -SLOTS:]
    has = torch.stack([before.sum(1) >= _LEAST, after.sum(1) >= _LEAST], 1)
    first = torch.rand(len(times), generator=random, device=times.device) < 0.5
    take_before = has[:, 0] & (first | ~has[:, 1])
    alone = chosen & has.any(1)
    kept = torch.where(take_before[:, None], before, after)
    return (pose, left, right, torch.where(alone[:, None] & ~kept, torch.nan, times)), alone


def _gathered(batch: Batch) -> Batch:
    """The takes with their frames first and all padding behind."""
    *parts, times = batch
    order = times.isnan().int().argsort(dim=1, stable=True)[:, : int((~times.isnan()).sum(1).max())]
    pose, left, right = (part.gather(1, order[:, :, None, None].expand(-1, -1, *part.shape[2:])) for part in parts)
    return pose, left, right, times.gather(1, order)


def _pass_over(batch: Batch, chosen: Tensor, random: torch.Generator) -> Batch:
    """Join the last third of a take to the first third of another one."""
    pose, left, right, times = batch
    neighbour = torch.randperm(len(times), generator=random, device=times.device)
    length = times.shape[1]
    first = (~times.isnan()).sum(1)  # frames of each take
    kept, after = (first / 3).ceil().long(), (first[neighbour] / 3).ceil().long()
    number = torch.arange(length, device=times.device)[None]
    is_own, is_next = number < kept[:, None], (number >= kept[:, None]) & (number < (kept + after)[:, None])
    own = (first[:, None] - kept[:, None] + number).clamp(0, length - 1)
    other = (number - kept[:, None]).clamp(0, length - 1)

    def join(part: Tensor) -> Tensor:
        index = (slice(None), slice(None), *([None] * (part.ndim - 2)))
        mine = part.gather(1, own[index].expand(-1, -1, *part.shape[2:]))
        theirs = part[neighbour].gather(1, other[index].expand(-1, -1, *part.shape[2:]))
        joined = torch.where(is_own[index], mine, torch.where(is_next[index], theirs, torch.nan))
        return torch.where(chosen.view(-1, *([1] * (part.ndim - 1))), joined, part)

    clock = torch.where(is_own | is_next, number / 30.0, torch.nan)
    return join(pose), join(left), join(right), torch.where(chosen[:, None], clock, times)


def _rest(batch: Batch, chosen: Tensor, random: torch.Generator) -> Batch:
    """Lay both hands into the lap and let them lie there."""
    pose, left, right, times = batch
    shoulders = pose[:, :, list(SHOULDERS)]
    middle = shoulders.mean(2).nanmean(1)[:, None, None]  # [B, 1, 1, 3]
    width = (shoulders[:, :, 0, :2] - shoulders[:, :, 1, :2]).norm(dim=-1).nanmean(1)[:, None, None, None]
    here = chosen[:, None, None, None]

    def lay(hand: Tensor, side: float) -> Tensor:
        depth = 0.95 + 0.3 * torch.rand((len(hand), 1, 1), generator=random, device=hand.device)
        out = side * (0.1 + 0.3 * torch.rand((len(hand), 1, 1), generator=random, device=hand.device))
        place = middle.clone()
        place[..., 0] += out * width[..., 0]
        place[..., 1] += depth * width[..., 0]
        wrist = hand[:, :, :1]
        tremor = 0.1 * (wrist - wrist.nanmean(1, keepdim=True))
        return torch.where(here, hand - wrist + place + tremor, hand)

    left, right = lay(left, 1.0), lay(right, -1.0)
    pose = pose.clone()
    for number, hand in zip(WRISTS, (left, right), strict=True):
        pose[:, :, number] = torch.where(here[:, :, 0], hand[:, :, WRIST], pose[:, :, number])
    return pose, left, right, times
