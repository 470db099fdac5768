"""The voices: espeak-ng, a program that is always to be had, and Piper, a network that the user brings."""

import subprocess
import wave
from pathlib import Path
from typing import Final, Protocol

from edge.sinks.speech.loudspeaker import DEBIAN_PACKAGES
from edge.sinks.speech.sound import Sound, SpeechUnavailable
from landmarkers.plain_text import one_sentence

FIRST_WORD: Final = "مرحبا"
"""Synthesised first, and not played: it shows that a voice works, and loads what it loads late."""
_TIMEOUT_S: Final = 10.0


class Voice(Protocol):
    """Turns text into sound."""

    def synthesise(self, text: str) -> Sound:
        """Return a line of text as sound, which is empty if nothing of it is spoken. Raises SpeechUnavailable."""


def open_voice(voice_file: Path | None, volume: float) -> Voice:
    """Return Piper's voice of this file or, without one, espeak-ng's Arabic voice. Raises SpeechUnavailable."""
    if voice_file is None:
        return EspeakVoice(volume)
    from edge.sinks.speech.piper_voice import NetworkVoice

    return NetworkVoice(voice_file, volume)


class EspeakVoice:
    """espeak-ng's Arabic voice, which reads Latin letters as English, and digits of both kinds."""

    def __init__(self, volume: float) -> None:
        """`volume` is 0 to 1."""
        self._command = ["espeak-ng", "-v", "ar", "-b", "1", "-a", str(round(100 * volume)), "--stdin", "--stdout"]

    def synthesise(self, text: str) -> Sound:
        """Return the text as sound; it goes through standard input, where it is no option. Raises SpeechUnavailable."""
        content = f"{text}\n".encode(errors="replace")
        try:
            done = subprocess.run(self._command, input=content, capture_output=True, timeout=_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            raise SpeechUnavailable(f"espeak-ng did not finish within {_TIMEOUT_S:.0f} s") from None
        except OSError as error:
            sentence = f"espeak-ng cannot be started; on Debian: apt install {DEBIAN_PACKAGES}"
            raise SpeechUnavailable(sentence) from error
        try:
            return Sound.from_wav(done.stdout)
        except (EOFError, wave.Error) as error:
            reason = one_sentence(done.stderr.decode(errors="replace")) or str(error)
            raise SpeechUnavailable(f"espeak-ng speaks no Arabic: {reason}") from error
