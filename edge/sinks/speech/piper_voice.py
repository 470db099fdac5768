"""Piper's voices: networks that ONNX Runtime runs. https://github.com/OHF-Voice/piper1-gpl"""

import os
from pathlib import Path
from typing import Final

from edge.sinks.speech.sound import Sound, SpeechUnavailable
from landmarkers.parsing import describe, read_json, read_limited
from models.classifier import NOT_RUNNABLE, open_session

_THREADS: Final = 2
_NICE: Final = 10
_UNUSABLE: Final[tuple[type[Exception], ...]] = (
    AttributeError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
    *NOT_RUNNABLE,
)


class NetworkVoice:
    """A voice of Piper, which adds Arabic's vowels itself."""

    def __init__(self, file: Path, volume: float) -> None:
        """Load the network; this process leaves the processor to recognition from now on. Raises SpeechUnavailable."""
        try:
            from piper import PiperVoice, SynthesisConfig
            from piper.config import PiperConfig
        except ImportError as error:
            sentence = f"Piper cannot be imported ({error}); pip install 'ishara[piper]'"
            raise SpeechUnavailable(sentence) from error
        os.nice(_NICE)
        description = file.with_name(f"{file.name}.json")
        try:
            config = PiperConfig.from_dict(read_json(read_limited(description)))
            session = open_session(file.read_bytes(), _THREADS, keep_memory=False)
        except OSError as error:
            raise SpeechUnavailable(f"the voice {error.filename} cannot be read: {error.strerror}") from error
        except _UNUSABLE as error:
            raise SpeechUnavailable(f"the voice {file} is no voice of Piper: {describe(error)}") from error
        self._file = file
        self._voice = PiperVoice(session, config)
        self._options = SynthesisConfig(volume=volume)

    def synthesise(self, text: str) -> Sound:
        """Return the text as sound. Raises SpeechUnavailable."""
        try:
            samples = b"".join(chunk.audio_int16_bytes for chunk in self._voice.synthesize(text, self._options))
        except _UNUSABLE as error:
            raise SpeechUnavailable(f"the voice {self._file} does not speak: {describe(error)}") from error
        return Sound(self._voice.config.sample_rate, samples)
