from pathlib import Path

import pytest

from edge.__main__ import main
from edge.config import SpeechConfig
from edge.diagnostics.finding import Finding, State
from edge.doctor.speech import check_speech
from edge.sinks.speech.sound import Sound
from edge.sinks.speech.voice import EspeakVoice
from tests.edge.conftest import StartDaemon
from tests.edge.sinks.speech.conftest import FileLoudspeaker
from tests.edge.tiny_bundle import SIGNS


def error_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.out == ""
    (sentence,) = printed.err.splitlines()
    return sentence


def test_wav_file_holds_what_would_be_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISHARA_SPEECH_VOLUME", "0.5")
    monkeypatch.setenv("ISHARA_SPEECH_QUIET_HOURS", "00:00-23:59")
    assert main(["speech", "--wav", str(tmp_path / "a.wav"), "السلام عليكم ٣٢٥"]) == 0
    assert Sound.from_wav((tmp_path / "a.wav").read_bytes()) == EspeakVoice(0.5).synthesise("السلام عليكم ٣٢٥")


def test_text_is_played(loudspeaker: FileLoudspeaker) -> None:
    assert main(["speech", "قلب"]) == 0
    assert loudspeaker.plays(EspeakVoice(1.0).synthesise("قلب"))


def test_what_cannot_be_done_is_one_sentence(
    no_loudspeaker: FileLoudspeaker, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["speech", "قلب"]) == 2
    assert "the loudspeaker default plays nothing" in error_sentence(capsys)
    assert main(["speech", " \n"]) == 2
    assert "the text to say is empty" in error_sentence(capsys)
    assert main(["speech", "--wav", str(tmp_path / "no" / "a.wav"), "قلب"]) == 2
    assert "give --wav a file in a writable folder" in error_sentence(capsys)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["speech", "قلب"]) == 2
    assert "apt install alsa-utils espeak-ng" in error_sentence(capsys)


def test_doctor_tries_voice_and_loudspeaker(no_loudspeaker: FileLoudspeaker) -> None:
    lost = check_speech(SpeechConfig())
    assert (lost.state, lost.sentence.partition(":")[0]) == (State.FAILED, "the loudspeaker default plays nothing")
    no_loudspeaker.plug_in()
    sentence = "espeak-ng speaks, and the loudspeaker default plays"
    assert check_speech(SpeechConfig()) == Finding("speech", State.OK, sentence)
    assert not any(map(any, no_loudspeaker.sounds()))


def test_daemon_says_its_words(
    loudspeaker: FileLoudspeaker, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    daemon = start_daemon(
        *("run", "--source", one_sign, "--model", bundle_folder, "--jsonl"),
        settings={"ISHARA_SPEECH_SAYS": "words", "ISHARA_SPEECH_MAX_AGE_S": "60"},
    )
    loudspeaker.wait_for(SIGNS[1].word)
    daemon.process.terminate()
    assert daemon.wait() == 0
    assert '"components":["camera","daemon","speech"]' in daemon.logged
    assert "Traceback" not in daemon.logged
