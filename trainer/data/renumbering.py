"""Gives signs in a folder of takes other numbers, in the takes and in their `labels.json`.

Every file is replaced whole, and the labels know both numbers while takes change, so that a run that was killed can be
repeated.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from landmarkers.errors import UserError
from landmarkers.take import Take
from models.bundle import LABELS
from models.joined_labels import LabelsDiffer, join_signs
from models.labels import Sign, read_labels
from models.sign_number import number_of_word
from trainer.data.store import find_takes
from trainer.data.take_labels import save_labels
from trainer.targets import cannot_write


class NumbersUnclear(UserError):
    """Numbers that cannot be given; the message gives the reason."""


def renumber(folder: Path, numbers: Mapping[int, int | None]) -> int:
    """Give the signs of a folder of takes new numbers, by the old ones; None is the number of the sign's word.

    Return how many takes have changed. Raises NumbersUnclear, LabelsDamaged, TargetRefused, TakeDamaged.
    """
    before = {sign.sign_id: sign for sign in read_labels(folder / LABELS)}
    changed = {old: _renumbered(folder, before, old, new) for old, new in numbers.items()}
    chained = sorted(set(changed) & {sign.sign_id for sign in changed.values()})
    if chained:
        raise NumbersUnclear(f"{chained[0]} is an old and a new number; give the signs their numbers one after another")
    kept = [sign for number, sign in before.items() if number not in changed]
    try:
        after = join_signs([(str(folder / LABELS), kept), ("the new numbers", list(changed.values()))])
    except LabelsDiffer as error:
        raise NumbersUnclear(f"{error}; choose a number that is free") from error
    takes = {path: Take.load(path).provenance.sign_id for path in find_takes([folder])}
    save_labels(folder, tuple(join_signs([("", list(before.values())), ("", list(after.values()))]).values()))
    moved = {path: changed[number] for path, number in takes.items() if number is not None and number in changed}
    for path, sign in moved.items():
        take = Take.load(path)
        try:
            replace(take, provenance=replace(take.provenance, sign_id=sign.sign_id)).save(path)
        except OSError as error:
            raise cannot_write(path, error) from error
    save_labels(folder, tuple(after.values()))
    return len(moved)


def _renumbered(folder: Path, signs: Mapping[int, Sign], old: int, new: int | None) -> Sign:
    if old not in signs:
        raise NumbersUnclear(f"{folder / LABELS} names no sign {old}; name a sign of these takes by its number")
    sign = signs[old]
    return sign.model_copy(update={"sign_id": number_of_word(sign.word) if new is None else new})
