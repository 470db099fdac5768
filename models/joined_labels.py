"""Joins the signs that several sources name: models, folders of takes, files of labels."""

from collections.abc import Iterable, Sequence

from landmarkers.errors import UserError
from models.karsl import review
from models.labels import Sign
from models.sign_number import normalise_word


class LabelsDiffer(UserError):
    """A number with two words; the message names them with their two sources, of which `second` came later."""

    def __init__(self, message: str, sign_id: int, first: str, second: str) -> None:
        super().__init__(message)
        self.sign_id = sign_id
        self.first = first
        self.second = second


def join_signs(sources: Iterable[tuple[str, Sequence[Sign]]]) -> dict[int, Sign]:
    """Return the signs of several sources, each with its name, by number.

    Of two entries the last one with words in both languages and the last kind are kept. KArSL's signs get their
    reviewed words, so that sources from before the review can be joined with later ones. Raises LabelsDiffer if a
    number has two words.
    """
    joined: dict[int, tuple[str, Sign]] = {}
    for name, signs in sources:
        for sign in map(review, signs):
            first_name, first = joined.setdefault(sign.sign_id, (name, sign))
            if not have_one_word(first, sign):
                words = f"“{first.word}” in {first_name} and “{sign.word}” in {name}"
                raise LabelsDiffer(f"sign {sign.sign_id} is {words}", sign.sign_id, first_name, name)
            kept = sign if sign.is_translated else first
            joined[sign.sign_id] = name, kept.model_copy(update={"kind": sign.kind or first.kind})
    return {sign_id: sign for sign_id, (_, sign) in sorted(joined.items())}


def have_one_word(one: Sign, other: Sign) -> bool:
    """Return True if two signs have the same word; one in a single language may be either word of the other."""
    word, other_word = normalise_word(one.word), normalise_word(other.word)
    return (
        word == other_word
        or (not one.is_translated and word == normalise_word(other.word_en))
        or (not other.is_translated and other_word == normalise_word(one.word_en))
    )
