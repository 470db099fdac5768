"""A loudspeaker of ALSA's own that writes what it plays into files."""

from pathlib import Path
from typing import Final

import pytest

from edge.sinks.speech.sound import Sound
from edge.sinks.speech.voice import EspeakVoice
from tests.edge.waiting import wait_until

_CONFIGURATION: Final = """
pcm.!default {{ type file; slave.pcm {{ type null }}; file "{folder}/sound"; format "raw"; truncate 0 }}
"""


class FileLoudspeaker:
    """ALSA's default device: each sound goes into a file of its own, as quickly as it comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.configuration = folder / "asound.conf"

    def plug_in(self) -> None:
        self.configuration.write_text(_CONFIGURATION.format(folder=self._folder))

    def sounds(self) -> list[bytes]:
        """Return the samples of each sound so far; the last may still be played."""
        return [path.read_bytes() for path in sorted(self._folder.glob("sound*"))]

    def plays(self, sound: Sound) -> bool:
        return any(samples.startswith(sound.samples) for samples in self.sounds())

    def wait_for(self, *texts: str) -> None:
        """Wait until espeak-ng's sound of each text was played."""
        for text in texts:
            sound = EspeakVoice(1.0).synthesise(text)
            wait_until(lambda sound=sound: self.plays(sound), f"“{text}”")  # type: ignore[misc]


@pytest.fixture
def no_loudspeaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileLoudspeaker:
    """Return a loudspeaker that is not plugged in yet."""
    folder = tmp_path / "alsa"
    folder.mkdir()
    loudspeaker = FileLoudspeaker(folder)
    loudspeaker.configuration.write_text("")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(loudspeaker.configuration))
    return loudspeaker


@pytest.fixture
def loudspeaker(no_loudspeaker: FileLoudspeaker) -> FileLoudspeaker:
    no_loudspeaker.plug_in()
    return no_loudspeaker
