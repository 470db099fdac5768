"""The section `[learning]`."""

from typing import Annotated, Literal

from pydantic import Field

from edge.config.section import Section
from landmarkers.consent import Days, Words
from landmarkers.text_types import Label


class LearningConfig(Section):
    """Takes of signers who have agreed, kept to learn from them; without this section nothing is kept or taught.

    Takes hold landmarks and no pictures. None is kept unless an operator has named who agreed, and for how long.
    """

    keep: Literal["none", "corrected", "all"] = "corrected"
    """Takes that are kept while a consent is in force: of words that somebody corrects, of all words, or of none. Takes
    of signs that are taught are kept in any case."""
    days: Days = 365
    """Days after which a take is deleted, counted from the consent; what was learned from it is forgotten then."""
    max_takes: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Most takes of recognised words to keep; beyond that the oldest are deleted, and those of corrected words last."""
    asked_by: Label
    """The name of those who ask signers, as it stands in the consent of each take, such as `Reception`."""
    words: Words | None = None
    """The question by which signers are asked, which is kept with each take; by default one in Arabic and English."""
    teach: bool = True
    """If true, signs may be taught on the page and by command."""
