"""The section `[speech]`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from edge.config.section import Section
from edge.day_hours import HOURS


class SpeechConfig(Section):
    """Speech from a loudspeaker; without this section the device says nothing aloud."""

    says: Literal["utterances", "words"] = "utterances"
    """Say each utterance once it is complete, or each word at once."""
    voice_file: Path | None = None
    """File of a Piper voice (`.onnx`, with its `.onnx.json` beside it); without it espeak-ng speaks."""
    device: Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]*[!-~])?$", max_length=200)] = "default"
    """ALSA's name of the loudspeaker, one of those that `aplay -L` lists."""
    volume: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """Volume of the voice, 0 to 1."""
    quiet_hours: Annotated[str, StringConstraints(pattern=HOURS)] = ""
    """Hours in which nothing is said, by the device's own clock, such as `22:00-07:00`; empty for none."""
    max_age_s: Annotated[float, Field(ge=0.5, le=60.0)] = 3.0
    """Seconds after which what could not be said, because something else was, is dropped."""
