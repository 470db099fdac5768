"""Labels of signs in reports."""

from collections.abc import Mapping

from markupsafe import Markup

from models.labels import Sign
from trainer.reports.html import arabic, join


def sign_label(sign_id: int | None, signs: Mapping[int, Sign]) -> Markup:
    """Return a sign's number and word; None is no sign."""
    number, word, _ = sign_cells(sign_id, signs)
    return join(number, " · " if number else "", word)


def full_sign_label(sign_id: int, signs: Mapping[int, Sign]) -> Markup:
    """Return a sign's number, its word and its English word if that differs."""
    sign = signs[sign_id]
    return join(sign_label(sign_id, signs), f" ({sign.word_en})" if sign.is_translated else "")


def sign_cells(sign_id: int | None, signs: Mapping[int, Sign]) -> tuple[str, str, str]:
    """Return a sign's number, Arabic word and English word for the cells of a table."""
    if sign_id is None:
        return "", "no sign", ""
    sign = signs[sign_id]
    return str(sign_id), arabic(sign.word), sign.word_en
