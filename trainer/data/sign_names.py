"""Names signs in plain text: by number and word."""

from collections.abc import Collection, Mapping
from typing import Final

from models.labels import Sign
from trainer.data.split import format_sign_ranges

_MAX_RANGES: Final = 80  # characters
# After a word that may be written from right to left, so that a number after it is not drawn before it.
_LEFT_TO_RIGHT: Final = "\N{LEFT-TO-RIGHT MARK}"


def name_sign(sign: Sign) -> str:
    """Return `76 · قصبة هوائية (Trachea)`."""
    return f"{sign.sign_id} · {name_word(sign)}"


def name_word(sign: Sign) -> str:
    """Return the word and, if it differs, the English one in brackets."""
    return f"{sign.word} ({sign.word_en})" if sign.is_translated else f"{sign.word}{_LEFT_TO_RIGHT}"


def name_signs(sign_ids: Collection[int], signs: Mapping[int, Sign], most: int = 8) -> str:
    """Return signs by number and, where a label names them, by word.

    More than `most` are shown as ranges of numbers, `1-70,77`, or the first of them where the ranges are long.
    """
    ranges = format_sign_ranges(sign_ids)
    if len(sign_ids) > most and len(ranges) <= _MAX_RANGES:
        return ranges
    ordered = sorted(sign_ids)
    names = [name_sign(signs[one]) if one in signs else str(one) for one in ordered[:most]]
    return "; ".join(names) + (f"; and {len(ordered) - most} more" if len(ordered) > most else "")
