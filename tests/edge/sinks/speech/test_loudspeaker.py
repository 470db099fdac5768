import time
from pathlib import Path

import pytest

from edge.sinks.speech.loudspeaker import Loudspeaker
from edge.sinks.speech.sound import Sound, SpeechUnavailable
from tests.edge.sinks.speech.conftest import FileLoudspeaker

SOUND = Sound(22050, bytes(range(256)) * 300)


def test_sound_is_played(loudspeaker: FileLoudspeaker) -> None:
    with Loudspeaker("default") as one:
        one.play(SOUND)
    (samples,) = loudspeaker.sounds()
    assert samples.rstrip(b"\0").startswith(SOUND.samples.rstrip(b"\0"))


def test_no_descriptor_is_left_over(loudspeaker: FileLoudspeaker) -> None:
    descriptors = Path("/proc/self/fd")
    with Loudspeaker("default") as one:
        one.check()
        before = len([*descriptors.iterdir()])
        for _ in range(10):
            one.check()
        assert len([*descriptors.iterdir()]) == before


@pytest.mark.parametrize("device", ["default", "nosuch", "--help", "-L"])
def test_missing_device_is_one_sentence(no_loudspeaker: FileLoudspeaker, device: str) -> None:
    sentence = f"the loudspeaker {device} plays nothing: No such file or directory"
    with Loudspeaker(device) as one, pytest.raises(SpeechUnavailable) as refused:
        one.play(SOUND)
    assert str(refused.value) == sentence


def test_missing_program_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Loudspeaker("default") as one, pytest.raises(SpeechUnavailable, match=r"on Debian: apt install .*alsa-utils"):
        one.check()


def hang(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the player by one that never ends."""
    program = folder / "aplay"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_player_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hang(tmp_path, monkeypatch)
    monkeypatch.setattr("edge.sinks.speech.loudspeaker._EXTRA_S", 0.1)
    with Loudspeaker("default") as one, pytest.raises(SpeechUnavailable, match="takes no sound"):
        one.play(Sound.silence(22050, 0.1))
    assert one.ends is None


def test_closing_stops_what_is_playing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hang(tmp_path, monkeypatch)
    began = time.monotonic()
    with Loudspeaker("default") as one:
        one.start(SOUND)
        assert one.ends is not None
    assert time.monotonic() - began < 5.0
    assert one.ends is None
