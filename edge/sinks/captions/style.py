"""The style of captions, which the caption worker receives as its argument.

It is plain data: the worker does without the configuration's libraries, which would double its memory.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class CaptionStyle:
    """The options of captions; CaptionsConfig explains each. `night_hours` is "22:00-06:00" or empty."""

    show: str = "utterances"
    theme: str = "dark"
    typeface: str = "sans"
    text_size: float = 1.0
    english: bool = True
    preview: str = "skeleton"
    mirrored: bool = True
    fade_after_s: float = 10.0
    history_s: float = 60.0
    confident_from: float = 0.8
    night_hours: str = ""
    night_brightness: float = 0.5
    screen: int = 0

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Return the style that a configuration asks for; options of other parts are ignored."""
        return cls(**{field.name: options[field.name] for field in fields(cls)})

    def to_json(self) -> str:
        """Return the style as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the style that `to_json` wrote."""
        return cls(**json.loads(text))
