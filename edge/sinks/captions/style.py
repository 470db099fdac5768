"""How captions look: what the screen's program is told when it starts.

It is plain data: the program leaves out the configuration's libraries, which would double its memory.
"""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class CaptionStyle:
    """The choices; see CaptionsConfig for what each means. `night` is "22:00-06:00" or empty."""

    theme: str = "dark"
    typeface: str = "sans"
    english: bool = True
    preview: str = "skeleton"
    mirrored: bool = True
    fade_after_s: float = 10.0
    line_s: float = 60.0
    confident_from: float = 0.8
    night: str = ""
    night_brightness: float = 0.5
    screen: int = 0

    def to_json(self) -> str:
        """The look on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> Self:
        """The look that was written with `to_json`."""
        return cls(**json.loads(text))
