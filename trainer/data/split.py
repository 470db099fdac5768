"""Which takes training learns from and which it is judged by.

The data set's own test clips are never learned from. What is held out of the rest is held out by clip, with all
views of the clip, or by signer; two views of one recording never stand on both sides.
"""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from landmarkers.errors import UserError
from landmarkers.take import Provenance

_BUCKETS: Final = 1000
_FEWEST_TO_HOLD_ONE: Final = 4


@dataclass(frozen=True, slots=True)
class Split:
    """Numbers of the takes to learn from and of those to judge by, and in words how they were told apart."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    description: str


class SplitEmpty(UserError):
    """A split that leaves nothing to learn from, or nothing to judge by; the message says which."""


def split_by_clip(origins: Sequence[Provenance], share: float) -> Split:
    """Hold out this share of the training clips, chosen by a digest of their names. Raises SplitEmpty."""
    chosen = {n for n, one in enumerate(origins) if zlib.crc32(one.clip.encode()) % _BUCKETS < share * _BUCKETS}
    return _hold_out(origins, chosen, f"{share:.0%} of the clips held out, chosen by name")


def split_by_name(origins: Sequence[Provenance], patterns: Sequence[str]) -> Split:
    """Hold out the training clips whose names match a shell pattern. Raises SplitEmpty."""
    chosen = {n for n, one in enumerate(origins) if any(fnmatchcase(one.clip, pattern) for pattern in patterns)}
    return _hold_out(origins, chosen, f"clips {' '.join(patterns)} held out")


def split_by_signer(origins: Sequence[Provenance], signer: str, signs: frozenset[int]) -> Split:
    """Hold out one signer's takes of some signs (all signs if none are named). Raises SplitEmpty.

    Takes of these signs by an unknown signer are left out altogether: they might be the same man's.
    """
    train, validation = [], []
    for number, origin in enumerate(origins):
        concerned = not signs or origin.sign_id in signs
        if concerned and origin.signer == signer:
            validation.append(number)
        elif origin.split != "test" and not (concerned and origin.signer is None):
            train.append(number)
    which = f"signs {format_sign_ranges(signs)} of " if signs else ""
    return _checked(origins, train, validation, f"{which}signer {signer} held out")


def format_sign_ranges(signs: Collection[int]) -> str:
    """Signs as a user lists them: `1-70,77`."""
    ordered = sorted(signs)
    starts = [sign for sign in ordered if sign - 1 not in signs]
    ends = [sign for sign in ordered if sign + 1 not in signs]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def split_without_validation(origins: Sequence[Provenance]) -> Split:
    """Learn from all training clips and judge by none."""
    train = [number for number, origin in enumerate(origins) if origin.split != "test"]
    return Split(tuple(train), (), "all training clips, nothing held out")


def _hold_out(origins: Sequence[Provenance], chosen: set[int], described: str) -> Split:
    """Hold out the chosen training takes, but for signs of which nothing else is left.

    Nobody can be judged by what he was never shown.
    """
    training = [number for number, origin in enumerate(origins) if origin.split != "test"]
    left = {origins[number].sign_id for number in training if number not in chosen}
    judged = {number for number in training if number in chosen and origins[number].sign_id in left}
    return _checked(origins, [number for number in training if number not in judged], sorted(judged), described)


def _checked(origins: Sequence[Provenance], train: list[int], validation: list[int], described: str) -> Split:
    # A changed view is training material; one is judged by clips as they were recorded.
    judged = tuple(number for number in validation if origins[number].variant == 0)
    if not train or not judged:
        side = "learn from" if not train else "judge by"
        raise SplitEmpty(f"the split ({described}) leaves nothing to {side}")
    return Split(tuple(train), judged, described)


def split_for_fine_tuning(origins: Sequence[Provenance], first: int, *, hold_out: bool) -> Split:
    """Learn from all takes before the number `first` and from the taught ones after it, and judge by some of these.

    Of every word and signer with more than three taught clips the last by name is held out, if `hold_out`; test clips
    always are. Raises SplitEmpty.
    """
    taught = range(first, len(origins))
    clips: dict[tuple[int | None, str | None], set[str]] = {}
    for number in taught:
        if origins[number].split != "test":
            clips.setdefault((origins[number].sign_id, origins[number].signer), set()).add(origins[number].clip)
    held = {(key, max(names)) for key, names in clips.items() if hold_out and len(names) >= _FEWEST_TO_HOLD_ONE}

    def is_held(origin: Provenance) -> bool:
        return origin.split == "test" or ((origin.sign_id, origin.signer), origin.clip) in held

    learned = [number for number in taught if not is_held(origins[number])]
    judged = [number for number in taught if is_held(origins[number]) and origins[number].variant == 0]
    if not learned:
        raise SplitEmpty("the takes to teach are all test takes; nothing is left to learn from")
    described = "one clip of each taught word with more than three held out" if held else "no training clip held out"
    return Split((*range(first), *learned), tuple(judged), described)
