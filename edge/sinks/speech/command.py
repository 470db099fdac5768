"""`ishara-edge speech`: says a text as the daemon would, or writes it to a file."""

from pathlib import Path

from edge.config import SpeechConfig
from edge.sinks.speech.loudspeaker import Loudspeaker
from edge.sinks.speech.sound import SpeechUnavailable
from edge.sinks.speech.voice import open_voice
from landmarkers.plain_text import MAX_SENTENCE, one_line


def say(config: SpeechConfig, text: str, wav: Path | None) -> None:
    """Play the text or, with `wav`, write it there; quiet hours do not count. Raises SpeechUnavailable."""
    line = one_line(text, MAX_SENTENCE)
    if not line:
        raise SpeechUnavailable("the text to say is empty")
    sound = open_voice(config.voice_file, config.volume).synthesise(line)
    if wav is None:
        with Loudspeaker(config.device) as loudspeaker:
            loudspeaker.play(sound)
        return
    try:
        wav.write_bytes(sound.to_wav())
    except OSError as error:
        raise SpeechUnavailable(
            f"the sound {wav} cannot be written: {error.strerror}; give --wav a file in a writable folder"
        ) from error
