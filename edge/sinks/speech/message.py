"""Messages between the daemon and the speech worker.

Instants are on the machine's monotonic clock, in seconds, which all its processes share.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final, Self

from edge.workers.protocol import Failure


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """The worker's options, as plain data; SpeechConfig explains each. An empty `voice_file` stands for espeak-ng."""

    voice_file: str
    device: str
    volume: float
    max_age_s: float

    def to_json(self) -> str:
        """Return the options as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the options that `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Say:
    """A text to be said, and when it was emitted."""

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Ready:
    """Reports that the loudspeaker plays."""


@dataclass(frozen=True, slots=True)
class Said:
    """Reports when the text that was emitted at an instant began to play."""

    emitted_at: float
    started_at: float


Reply = Ready | Said | Failure
"""The replies of the worker."""

REPLY_TYPES: Final[tuple[type[Reply], ...]] = (Ready, Said, Failure)
