"""The signs of a data set's clips: numbers and words from a file of labels, or from the data set itself."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from landmarkers.errors import UserError
from landmarkers.plain_text import one_line
from models.labels import Sign
from models.sign_number import normalise_word, number_of_word
from trainer.data.clip import Clip
from trainer.data.label_file import read_label_file

OFFICIAL_LABELS = "KARSL-502_Labels.xlsx"


_Numbers = defaultdict[str, set[int]]


class WordAmbiguous(UserError):
    """A word that several signs have, or a sign that has several words; the message names them."""


class SignsUnnamed(UserError):
    """Signs of a data set that the file of labels that was asked for does not name."""

    def __init__(self, labels: Path, unnamed: Sequence[int]) -> None:
        super().__init__(
            f"{labels} has no row for {_list(unnamed)}; add what is missing, or choose others with --signs"
        )


def find_labels(root: Path) -> Path | None:
    """Return the official labels of a data set, which lie in its root; None if there are none."""
    path = root / OFFICIAL_LABELS
    return path if path.is_file() else None


def read_labels_for(root: Path, labels: Path | None) -> tuple[Sign, ...]:
    """Return the signs of a file of labels, by default of the data set's own; none if it has none."""
    path = labels or find_labels(root)
    return () if path is None else read_label_file(path)


def number_clips(clips: Iterable[Clip], labels: Sequence[Sign]) -> list[Clip]:
    """Give the clips that their data set knows by word alone the numbers that these labels give their words.

    Raises WordAmbiguous.
    """
    by_spelling: _Numbers = defaultdict(set)
    by_word: _Numbers = defaultdict(set)
    for sign in labels:
        for word in {sign.word, sign.word_en}:
            by_spelling[_spelling(word)].add(sign.sign_id)
            by_word[normalise_word(word)].add(sign.sign_id)
    return [replace(clip, sign_id=_number(clip, by_spelling, by_word)) for clip in clips]


def signs_of_clips(clips: Iterable[Clip], labels: Sequence[Sign]) -> list[Sign]:
    """Return the signs of the clips that have a word: that of the labels, otherwise that of the data set.

    Raises WordAmbiguous if the data set writes the word of a sign in two ways that the labels do not decide between.
    """
    known = {sign.sign_id: sign for sign in labels}
    signs: dict[int, Sign] = {}
    for clip in clips:
        word = clip.word or clip.word_en
        if clip.sign_id in known:
            signs[clip.sign_id] = known[clip.sign_id]
        elif word:
            arabic, english = (unicodedata.normalize("NFC", text) for text in (word, clip.word_en or word))
            sign = Sign(sign_id=clip.sign_id, word=arabic, word_en=english)
            first = signs.setdefault(clip.sign_id, sign)
            if _spelling(first.word) != _spelling(sign.word):
                raise WordAmbiguous(
                    f"the data set calls sign {clip.sign_id} “{first.word}” and “{sign.word}”; write it in one way, or "
                    "tell the signs apart with --labels FILE"
                )
    return [signs[number] for number in sorted(signs)]


def describe_unnamed(root: Path, unnamed: Sequence[int]) -> str:
    """Return a sentence about signs without a word, which names official labels that lie beside the data set."""
    beside = sorted(root.resolve().parent.glob(f"*/{OFFICIAL_LABELS}"))
    example = f"; is it {beside[0]}?" if beside else ""
    return f"{root} has no words for {_list(unnamed)}, which training needs; name their file with --labels{example}"


def _list(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"sign {numbers[0]}"
    return f"{len(numbers)} signs ({', '.join(map(str, numbers[:3]))}{' and others' if len(numbers) > 3 else ''})"


def _number(clip: Clip, by_spelling: _Numbers, by_word: _Numbers) -> int:
    word = clip.word or clip.word_en
    if not word or clip.sign_id != number_of_word(word):
        return clip.sign_id
    found = by_spelling.get(_spelling(word)) or by_word.get(normalise_word(word)) or {clip.sign_id}
    if len(found) > 1:
        raise WordAmbiguous(
            f"“{word}” is the word of the signs {', '.join(map(str, sorted(found)))}; name the clips by a word that "
            "one sign alone has"
        )
    return next(iter(found))


def _spelling(word: str) -> str:
    """Return a word as it is written, capitals included: names of letters may differ in these alone."""
    return one_line(unicodedata.normalize("NFKC", word))
