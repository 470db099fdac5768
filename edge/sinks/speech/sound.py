"""Sound in memory."""

import io
import wave
from dataclasses import dataclass
from typing import Final, Self

from landmarkers.errors import UserError

_SAMPLE_BYTES: Final = 2


class SpeechUnavailable(UserError):
    """Nothing can be said; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono sound of signed 16-bit samples, `rate` of them a second."""

    rate: int
    samples: bytes

    @property
    def duration_s(self) -> float:
        """Return the seconds that it takes."""
        return len(self.samples) / (_SAMPLE_BYTES * self.rate)

    @classmethod
    def silence(cls, rate: int, duration_s: float) -> Self:
        """Return silence."""
        return cls(rate, bytes(_SAMPLE_BYTES * round(rate * duration_s)))

    @classmethod
    def from_wav(cls, content: bytes) -> Self:
        """Return the sound of a WAV file; the length in its header may be too large, as where it was streamed."""
        with wave.open(io.BytesIO(content)) as file:
            return cls(file.getframerate(), file.readframes(file.getnframes()))

    def to_wav(self) -> bytes:
        """Return a WAV file."""
        content = io.BytesIO()
        with wave.open(content, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(_SAMPLE_BYTES)
            file.setframerate(self.rate)
            file.writeframes(self.samples)
        return content.getvalue()
