"""The section `[corrections]`."""

from typing import Annotated

from pydantic import Field

from edge.config.section import Section


class CorrectionsConfig(Section):
    """The takes to keep of words that somebody corrects; without this section none."""

    keep_takes: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Most takes of corrected words to keep in the state folder, without images and each with its right word, to
    fine-tune a model with them; beyond that the oldest are removed. 0 keeps none. Signers must have agreed."""
