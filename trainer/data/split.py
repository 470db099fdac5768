"""Splits takes into training and validation sets.

The data set's own validation and test clips are never trained on. Other validation takes are held out by clip, with
all variants of the clip, or by signer; two variants of one recording are never in both sets.
"""

import zlib
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from landmarkers.errors import UserError
from landmarkers.take import Provenance

_BUCKETS: Final = 1000
_FRACTION: Final = 0.15  # held out unasked
_CLIPS_PER_HELD_OUT: Final = 4  # of a word and signer


@dataclass(frozen=True, slots=True)
class Split:
    """The indices of the training and the validation takes, and a description of the split in words."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    description: str


class SplitEmpty(UserError):
    """A split without training or validation takes; the message says which are lacking."""


def is_for_training(provenance: Provenance) -> bool:
    """Return False for a clip that the data set itself keeps for validation or for testing."""
    return provenance.split not in ("val", "test")


def split_by_default(provenances: Sequence[Provenance]) -> Split:
    """Validate on the data set's own validation clips, otherwise on some clips, and on none where there are too few."""
    validation = [index for index, provenance in enumerate(provenances) if provenance.split == "val"]
    if validation:
        train = _training_takes(provenances)
        return _checked(provenances, train, validation, "the data set's validation clips held out")
    try:
        return split_by_clip(provenances, _FRACTION)
    except SplitEmpty:
        return split_without_validation(provenances)


def split_by_clip(provenances: Sequence[Provenance], fraction: float) -> Split:
    """Hold out this fraction of the training clips, chosen by a hash of their names. Raises SplitEmpty."""
    chosen = {
        index
        for index, provenance in enumerate(provenances)
        if zlib.crc32(provenance.clip.encode()) % _BUCKETS < fraction * _BUCKETS
    }
    return _hold_out(provenances, chosen, f"{fraction:.0%} of the clips held out, chosen by name")


def split_by_name(provenances: Sequence[Provenance], patterns: Sequence[str]) -> Split:
    """Hold out the training clips whose names match a shell pattern. Raises SplitEmpty."""
    chosen = {
        index
        for index, provenance in enumerate(provenances)
        if any(fnmatchcase(provenance.clip, pattern) for pattern in patterns)
    }
    return _hold_out(provenances, chosen, f"clips {' '.join(patterns)} held out")


def split_by_signer(provenances: Sequence[Provenance], signer: str, signs: Container[int] | None) -> Split:
    """Hold out one signer's takes of some signs (of all if None). Raises SplitEmpty."""
    selected = [one for one in provenances if signs is None or one.sign_id in signs]
    known = {one.signer for one in selected}
    if signer not in known:
        names = ", ".join(sorted(name for name in known if name)) or "none that is known"
        raise SplitEmpty(f"there is no take of signer {signer} to hold out; the takes are of {names}")
    named = {one.sign_id for one in selected if signs is not None and one.sign_id is not None}
    prefix = f"signs {format_sign_ranges(named)} of " if named else ""
    held_out = dict.fromkeys((one.sign_id for one in selected), signer)
    return split_by_signers(provenances, held_out, f"{prefix}signer {signer} held out")


def split_by_signers(provenances: Sequence[Provenance], signers: Mapping[int | None, str], description: str) -> Split:
    """Hold out one signer's takes of each sign, given by the sign's number. Raises SplitEmpty.

    Takes of these signs by an unknown signer are in neither set: the signer might be the same person.
    """
    train, validation = [], []
    for index, provenance in enumerate(provenances):
        held_out = signers.get(provenance.sign_id)
        if held_out is not None and provenance.signer == held_out:
            validation.append(index)
        elif is_for_training(provenance) and (held_out is None or provenance.signer or provenance.sign_id is None):
            train.append(index)
    return _checked(provenances, train, validation, description)


def format_sign_ranges(signs: Collection[int]) -> str:
    """Format sign numbers as the command line accepts them: `1-70,77`."""
    ordered = sorted(signs)
    starts = [sign for sign in ordered if sign - 1 not in signs]
    ends = [sign for sign in ordered if sign + 1 not in signs]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def split_without_validation(provenances: Sequence[Provenance]) -> Split:
    """Use all training clips for training and none for validation. Raises SplitEmpty."""
    train = _training_takes(provenances)
    return Split(tuple(train), (), "all training clips, nothing held out")


def split_for_fine_tuning(provenances: Sequence[Provenance], first_new: int, *, hold_out: bool) -> Split:
    """Train on all takes before the index `first_new` and on the new takes from there on, and hold out some of these.

    With `hold_out`, a quarter of the new clips of every word and signer is held out, those that come last by name, so
    none of three; validation and test clips always are. Raises SplitEmpty.
    """
    new = range(first_new, len(provenances))
    clips: dict[tuple[int | None, str | None], set[str]] = {}
    for index in new:
        provenance = provenances[index]
        if is_for_training(provenance):
            clips.setdefault((provenance.sign_id, provenance.signer), set()).add(provenance.clip)
    held_out = {
        (key, name)
        for key, names in clips.items()
        if hold_out
        for name in sorted(names)[len(names) - len(names) // _CLIPS_PER_HELD_OUT :]
    }

    def is_held_out(provenance: Provenance) -> bool:
        return not is_for_training(provenance) or ((provenance.sign_id, provenance.signer), provenance.clip) in held_out

    train = [index for index in new if not is_held_out(provenances[index])]
    validation = [index for index in new if is_held_out(provenances[index]) and provenances[index].variant == 0]
    if not train:
        raise SplitEmpty(
            "the new takes are all validation or test takes, which are never trained on; record training takes"
        )
    description = "a quarter of the clips of each new word held out" if held_out else "no training clip held out"
    return Split((*range(first_new), *train), tuple(validation), description)


def _hold_out(provenances: Sequence[Provenance], chosen: set[int], description: str) -> Split:
    """Hold out the chosen training takes, except those of signs without any other take.

    Accuracy on a sign means nothing if the sign was never trained on.
    """
    training = _training_takes(provenances)
    trained_signs = {provenances[index].sign_id for index in training if index not in chosen}
    validation = {index for index in training if index in chosen and provenances[index].sign_id in trained_signs}
    train = [index for index in training if index not in validation]
    return _checked(provenances, train, sorted(validation), description)


def _training_takes(provenances: Sequence[Provenance]) -> list[int]:
    """Return the indices of the takes that may be trained on. Raises SplitEmpty if there are none."""
    training = [index for index, provenance in enumerate(provenances) if is_for_training(provenance)]
    if not training:
        raise SplitEmpty(
            "all takes are of test clips, which are never trained on; name folders with takes of training clips"
        )
    return training


def _checked(provenances: Sequence[Provenance], train: list[int], validation: list[int], description: str) -> Split:
    # Augmented variants are training material only; validation uses the original clips.
    originals = tuple(
        index for index in validation if provenances[index].variant == 0 and provenances[index].sign_id is not None
    )
    if not train or not originals:
        purpose = "training" if not train else "validation"
        raise SplitEmpty(f"the split ({description}) leaves no takes for {purpose}; choose another split")
    return Split(tuple(train), originals, description)
