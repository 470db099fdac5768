"""Makes takes that are no sign out of takes that are one.

Shape legend as in augment.py. Three kinds: the end of one sign and the beginning of the next, hands that rest in the
lap, and the way to or from a sign alone.
"""

import torch
from torch import Tensor

from trainer.augment import Batch
from trainer.held import shoulder_width
from trainer.preprocess import SHOULDERS, WRISTS
from trainer.ways import SLOTS

_LEAST = 2  # frames of a way


def spoil(batch: Batch, share: float, random: torch.Generator) -> tuple[Batch, Tensor]:
    """The batch, as `add_ways` gives it, with this share of its takes made into no sign, and which these are, [B].

    Changes the batch that it is given, which a copy would make dearer.
    """
    spoilt = _draw(batch, random) < share
    kind = _draw(batch, random)
    rests, ways = spoilt & (kind < 0.2), spoilt & (kind > 0.5)
    times, are_ways = _way_alone(batch, ways, random)
    changed = (*batch[:3], times)
    # Few takes are changed, so only these are looked at.
    _pass_over(changed, (spoilt & ~rests & ~are_ways).nonzero()[:, 0], random)
    _rest(changed, rests.nonzero()[:, 0], random)
    return changed, spoilt


def _draw(batch: Batch, random: torch.Generator) -> Tensor:
    """A number for each take, [B], from 0 to 1."""
    return torch.rand(len(batch[3]), generator=random, device=batch[3].device)


def _way_alone(batch: Batch, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Times that leave of a take the way before or after it, where `add_ways` has put one of two frames at least.

    And of which of the chosen takes [B] that is so.
    """
    times = batch[3]
    shown = ~times.isnan()
    before, after = torch.zeros_like(shown), torch.zeros_like(shown)
    before[:, :SLOTS], after[:, -SLOTS:] = shown[:, :SLOTS], shown[:, -SLOTS:]
    has = torch.stack([before.sum(1) >= _LEAST, after.sum(1) >= _LEAST], 1)
    first = _draw(batch, random) < 0.5
    take_before = has[:, 0] & (first | ~has[:, 1])
    alone = chosen & has.any(1)
    kept = torch.where(take_before[:, None], before, after)
    return torch.where(alone[:, None] & ~kept, torch.nan, times), alone


def _pass_over(batch: Batch, chosen: Tensor, random: torch.Generator) -> None:
    """Join, in these takes, the last third of a take to the first third of another one."""
    *parts, times = batch
    neighbour = torch.randperm(len(times), generator=random, device=times.device)[chosen]
    number = torch.arange(times.shape[1], device=times.device)[None]
    # The frames that are shown, first; then those that are not.
    own_order, next_order = (times[takes].isnan().int().argsort(dim=1, stable=True) for takes in (chosen, neighbour))
    own_count, next_count = ((~times[takes].isnan()).sum(1, keepdim=True) for takes in (chosen, neighbour))
    kept, after = (own_count / 3).ceil().long(), (next_count / 3).ceil().long()
    is_own, is_next = number < kept, (number >= kept) & (number < kept + after)
    own = own_order.gather(1, (own_count - kept + number).clamp(max=times.shape[1] - 1))
    other = next_order.gather(1, (number - kept).clamp(min=0))
    for part in parts:
        mine, theirs = part[chosen[:, None], own], part[neighbour[:, None], other]
        shown = torch.where(is_next[:, :, None, None], theirs, torch.nan)
        part[chosen] = torch.where(is_own[:, :, None, None], mine, shown)
    times[chosen] = torch.where(is_own | is_next, number / 30.0, torch.nan)


def _rest(batch: Batch, chosen: Tensor, random: torch.Generator) -> None:
    """Lay, in these takes, both hands into the lap and let them lie there."""
    pose, left, right, _ = batch
    still = pose[chosen]
    shoulders = still[:, :, list(SHOULDERS)]
    middle = shoulders.mean(2).nanmean(1)[:, None, None]  # [B, 1, 1, 3]
    width = shoulder_width(still)[:, None, None]
    for number, hand, side in ((WRISTS[0], left, 1.0), (WRISTS[1], right, -1.0)):
        deep, far = torch.rand((2, len(chosen), 1, 1), generator=random, device=pose.device)
        place = middle.clone()
        place[..., 0] += side * (0.1 + 0.3 * far) * width
        place[..., 1] += (0.95 + 0.3 * deep) * width
        own = hand[chosen]
        wrist = own[:, :, :1]
        tremor = 0.1 * (wrist - wrist.nanmean(1, keepdim=True))
        hand[chosen] = own - wrist + place + tremor
        still[:, :, number] = (place + tremor)[:, :, 0]
    pose[chosen] = still
