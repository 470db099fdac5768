"""The signs of KArSL-502: the words of its official sheet, and the reviewed words that are shown in their place.

A sign is KArSL's if its number, its Arabic and its English word are those of the official sheet or the reviewed ones.
Numbers alone say nothing: anybody counts from 1. `label_sets/karsl-502.csv` holds both, with the reason of each change.
Sidig, Luqman, Mahmoud, Mohandes, "KArSL: Arabic Sign Language Database", ACM TALLIP 20(1), 2021.
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from models.labels import Sign, SignKind

LABEL_SET: Final = Path(__file__).parent / "label_sets" / "karsl-502.csv"


@cache
def karsl_signs() -> dict[int, tuple[Sign, Sign]]:
    """Return each sign by number: with the words of the official sheet, and with the reviewed ones."""
    with LABEL_SET.open(encoding="utf-8", newline="") as file:
        return {
            int(row["sign_id"]): (
                _sign(row, row["karsl_arabic"], row["karsl_english"]),
                _sign(row, row["arabic"], row["english"]),
            )
            for row in csv.DictReader(file)
        }


def is_karsl_sign(sign: Sign) -> bool:
    """Return True if number and words are those of the official sheet, or the reviewed ones."""
    words = [(one.word, one.word_en) for one in karsl_signs().get(sign.sign_id, ())]
    return (sign.word, sign.word_en) in words


def kind_of(sign_id: int | None, word: str | None, word_en: str | None) -> SignKind:
    """Return the kind of a sign of KArSL with these words, and `word` for any other sign."""
    for sign in karsl_signs().get(-1 if sign_id is None else sign_id, ()):
        if (sign.word, sign.word_en) == (word, word_en) and sign.kind is not None:
            return sign.kind
    return "word"


def review(sign: Sign) -> Sign:
    """Return a sign of KArSL with its reviewed words, and its kind if it states none; any other sign as it is."""
    if not is_karsl_sign(sign):
        return sign
    _, reviewed = karsl_signs()[sign.sign_id]
    return reviewed.model_copy(update={"kind": sign.kind or reviewed.kind})


def _sign(row: Mapping[str, str], word: str, word_en: str) -> Sign:
    content = {"sign_id": int(row["sign_id"]), "word": word, "word_en": word_en, "kind": row["kind"]}
    return Sign.model_validate(content)
