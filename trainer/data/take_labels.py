"""The words of takes: the `labels.json` beside them, joined when takes of several sources come together."""

import shlex
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError
from landmarkers.take import StoredTake
from models.bundle import LABELS
from models.joined_labels import LabelsDiffer, have_one_word, join_signs
from models.labels import Sign, labels_json, read_labels
from models.sign_number import normalise_word, number_of_word
from trainer.data.label_file import read_label_file
from trainer.data.store import takes_in
from trainer.targets import cannot_write, write_file

_MAX_PAIRS: Final = 20  # in one sentence; the command can be given again
_NO_MODEL: Final = ("no model", ())

Source = tuple[str, Sequence[Sign]]


class WordsUnclear(UserError):
    """Words of takes that are lacking, or differ between sources; the message says what to do."""


def join_labels(folder: Path, signs: Sequence[Sign], source: str) -> tuple[Sign, ...]:
    """Return the signs of a folder of takes, which may hold some already, with those from this source.

    Raises LabelsDamaged, WordsUnclear.
    """
    path = folder / LABELS
    before = read_labels(path) if path.is_file() else ()
    try:
        return tuple(join_signs([(str(path), before), (source, signs)]).values())
    except LabelsDiffer as error:
        raise WordsUnclear(f"{error}; correct the word in one of them, or extract into another folder") from error


def save_labels(folder: Path, signs: Sequence[Sign]) -> None:
    """Write the `labels.json` of a folder of takes, which is created if it is missing. Raises TargetRefused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    if signs:
        write_file(folder / LABELS, labels_json(tuple(signs)))


def drop_former_numbers(folder: Path, signs: Sequence[Sign]) -> None:
    """Remove from a folder's `labels.json` the other numbers that the words of these signs had, unless takes have them.

    A sign is numbered by its word before labels are given, and again when they or a renumbering no longer count.
    Raises TakeDamaged, TargetRefused.
    """
    known = read_labels(folder / LABELS) if (folder / LABELS).is_file() else ()
    former = set(_find_twins(known, signs)) | {sign.sign_id for sign in _find_twins(signs, known).values()}
    if former:
        former -= {StoredTake.load(path).provenance.sign_id for path in takes_in(folder)}
        save_labels(folder, [sign for sign in known if sign.sign_id not in former])


def read_take_labels(folders: Sequence[Path], labels: Path | None = None, model: Source = _NO_MODEL) -> dict[int, Sign]:
    """Return the signs that a model, folders of takes and a file of labels name, by number.

    Raises LabelsDamaged, LabelFileUnusable, and WordsUnclear for a number with two words, and for a sign that is
    numbered by its word although another sign has this word.
    """
    by_name = {str(folder / LABELS): folder for folder in folders if (folder / LABELS).is_file()}
    sources = [model, *((name, read_labels(folder / LABELS)) for name, folder in by_name.items())]
    if labels is not None:
        sources.append((str(labels), read_label_file(labels)))
    try:
        joined = join_signs(sources)
    except LabelsDiffer as error:
        folder = by_name.get(error.second) or by_name.get(error.first)
        remedy = "" if folder is None else f", else give one a number of its own with {_command(folder, error.sign_id)}"
        raise WordsUnclear(f"{error}; correct the word in one of them if it is one sign{remedy}") from error
    for name, folder in by_name.items():
        _refuse_words_of_other_signs(name, folder, sources)
    return joined


def require_words(known: dict[int, Sign], numbers: Sequence[int]) -> list[Sign]:
    """Return the signs with these numbers. Raises WordsUnclear if one has no word."""
    unnamed = [number for number in numbers if number not in known]
    if unnamed:
        raise WordsUnclear(f"no {LABELS} beside the takes has a word for sign {unnamed[0]}; name it with --labels FILE")
    return [known[number] for number in numbers]


def _refuse_words_of_other_signs(name: str, folder: Path, sources: Sequence[Source]) -> None:
    """Refuse the signs of a folder that are numbered by their word if other signs have the word: people mean one."""
    own = dict(sources)[name]
    for source, signs in sources:
        pairs = _find_twins(own, signs)
        if pairs:
            number, other = next(iter(pairs.items()))
            numbers = [f"{old}={one.sign_id}" for old, one in pairs.items()][:_MAX_PAIRS]
            raise WordsUnclear(
                f"“{other.full_word}” is sign {other.sign_id} in {source} and sign {number} in {name}; make them one "
                f"sign with {_command(folder, *numbers)}, or give it another word in {name}"
            )


def _find_twins(signs: Sequence[Sign], others: Sequence[Sign]) -> dict[int, Sign]:
    """Return, by the numbers of signs that are numbered by their word, other signs with this word."""
    derived: defaultdict[str, list[Sign]] = defaultdict(list)
    for sign in signs:
        if sign.sign_id == number_of_word(sign.word):
            for word in _words(sign):
                derived[word].append(sign)
    twins: dict[int, Sign] = {}
    for other in others:
        for sign in (one for word in _words(other) for one in derived.get(word, ())):
            if sign.sign_id != other.sign_id and other.sign_id not in twins and have_one_word(sign, other):
                twins.setdefault(sign.sign_id, other)
    return twins


def _words(sign: Sign) -> set[str]:
    return {normalise_word(sign.word), normalise_word(sign.word_en)}


def _command(folder: Path, *numbers: int | str) -> str:
    return f"`ishara-trainer renumber {shlex.quote(str(folder))} {' '.join(map(str, numbers))}`"
