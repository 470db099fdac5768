"""Types of fields that hold text from outside, which pydantic makes safe to show when it reads them."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from landmarkers.plain_text import one_line, one_sentence


def _require_words(text: str) -> str:
    if not text:
        raise ValueError("it is empty, or nothing of it can be seen")
    return text


Label = Annotated[str, AfterValidator(one_line), AfterValidator(_require_words)]
"""A word or a name to be shown; an empty one is refused."""
Sentence = Annotated[str, StringConstraints(max_length=1 << 16), AfterValidator(one_sentence)]
"""A sentence that another program says."""
