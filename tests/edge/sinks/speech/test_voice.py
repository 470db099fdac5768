import shutil
from pathlib import Path

import pytest

from edge.sinks.speech.sound import Sound, SpeechUnavailable
from edge.sinks.speech.voice import EspeakVoice


def said(text: str, volume: float = 1.0) -> Sound:
    sound = EspeakVoice(volume).synthesise(text)
    assert sound.rate == 22050
    return sound


def test_digits_of_both_kinds_are_said_as_numbers() -> None:
    assert said("٣٢٥") == said("325")
    assert said("325").duration_s > said("3").duration_s > 0.3


def test_words_of_a_line_and_latin_letters_are_said() -> None:
    assert said("السلام عليكم محمد ٣٢٥ Trachea").duration_s > said("السلام عليكم محمد ٣٢٥").duration_s + 0.4


def test_vowel_signs_are_read() -> None:
    assert said("سَلَامٌ") != said("سلم")


@pytest.mark.parametrize("text", ["--version", "-f /etc/hostname", "--stdout -q", "-w out.wav"])
def test_text_is_never_an_option(text: str, tmp_path: Path) -> None:
    before = list(tmp_path.iterdir())
    assert said(text).duration_s > 0.5
    assert list(tmp_path.iterdir()) == before


def test_volume_scales_the_samples() -> None:
    def loudest(volume: float) -> int:
        samples = memoryview(said("مرحبا", volume).samples).cast("h")
        return max(map(abs, samples.tolist()))

    assert loudest(0.0) == 0
    assert 0.4 * loudest(1.0) < loudest(0.5) < 0.6 * loudest(1.0)


def test_missing_program_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechUnavailable, match=r"espeak-ng cannot be started; on Debian: apt install .*espeak-ng"):
        said("مرحبا")


def test_program_without_arabic_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = shutil.which("espeak-ng")
    program = tmp_path / "espeak-ng"
    program.write_text(f"#!/bin/sh\nexec {real} -v nonsense --stdin --stdout\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechUnavailable, match="voice does not exist"):
        said("مرحبا")


def test_wav_file_holds_the_sound() -> None:
    sound = said("مرحبا")
    assert Sound.from_wav(sound.to_wav()) == sound
