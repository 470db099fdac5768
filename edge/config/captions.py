"""The section `[captions]`."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from edge.config.section import Section
from edge.day_hours import HOURS


class CaptionsConfig(Section):
    """The captions on the device's own screen; without this section there are none."""

    show: Literal["utterances", "words"] = "utterances"
    """`utterances` shows the line as it grows from sign to sign; `words` the newest word, large, and its confidence."""
    theme: Literal["dark", "light", "contrast"] = "dark"
    """Colours of the captions."""
    typeface: Literal["sans", "naskh"] = "sans"
    """Typeface of the Arabic text; `naskh` is that of books."""
    text_size: Annotated[float, Field(ge=0.5, le=1.25)] = 1.0
    """Size of the text, as a share of the usual one, which is read from three metres on a screen of 24 inches."""
    english: bool = True
    """Show English below the Arabic."""
    preview: Literal["off", "skeleton", "picture"] = "skeleton"
    """Preview for signers: nothing, their skeleton, or the camera's picture with the skeleton."""
    mirrored: bool = True
    """Show the preview as in a mirror."""
    preview_per_s: Annotated[float, Field(ge=1.0, le=30.0)] = 10.0
    """Most updates a second of the preview."""
    fade_after_s: Annotated[float, Field(ge=1.0, le=600.0)] = 10.0
    """Seconds after which the newest word or line fades."""
    history_s: Annotated[float, Field(ge=1.0, le=3600.0)] = 60.0
    """Seconds that earlier words, or the line before, stay below."""
    confident_from: Annotated[float, Field(ge=0.0, le=1.0)] = 0.8
    """Confidence from which a word is bold, 0 to 1; below it is thin and of another colour. For `show = "words"`."""
    night_hours: Annotated[str, StringConstraints(pattern=HOURS)] = ""
    """Hours with darker colours by the device's own clock, such as `22:00-06:00`; empty for none."""
    night_brightness: Annotated[float, Field(ge=0.2, le=1.0)] = 0.5
    """Brightness during `night_hours`, as a share of the usual one."""
    screen: Annotated[int, Field(ge=0, le=15)] = 0
    """Number of the screen, from 0."""
