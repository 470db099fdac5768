import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from edge.config import SpeechConfig
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Word
from edge.sinks.speech.message import Say, SpeechOptions
from edge.sinks.speech.sink import SpeechSink
from edge.utterances.utterance import Line, Utterance
from edge.workers.protocol import encode
from tests.edge.sinks.speech.conftest import FileLoudspeaker
from tests.edge.waiting import wait_until

DAY: Final = "2026-11-22T16:00:0"
MAX_MEMORY_BYTES: Final = 40e6

OpenSink = Callable[..., SpeechSink]


@pytest.fixture
def status() -> DeviceStatus:
    return DeviceStatus()


@pytest.fixture
def open_sink(status: DeviceStatus) -> Iterator[OpenSink]:
    """Return a function that opens sinks, which are closed with the test."""
    opened: list[SpeechSink] = []

    def start(**settings: object) -> SpeechSink:
        patient = {"says": "words", "max_age_s": 60}  # however slow the machine is
        opened.append(SpeechSink(SpeechConfig.model_validate(patient | settings), status=status))
        return opened[-1]

    yield start
    for sink in opened:
        sink.close()


def word(text: str) -> Word:
    event = {"seq": 1, "sign_id": 76, "word": text, "word_en": "Trachea", "confidence": 0.97, "alternatives": []}
    instants = {"started_at": f"{DAY}1.200Z", "ended_at": f"{DAY}2.050Z", "emitted_at": f"{DAY}2.210Z"}
    return Word.model_validate_json(json.dumps(event | instants | {"model": "tiny@3", "device": "entrance"}))


def at_hour(hour: int) -> time.struct_time:
    return time.struct_time((2026, 11, 22, hour, 0, 0, 6, 326, 0))


def test_words_are_heard_one_after_another_and_the_worker_stays_small(
    loudspeaker: FileLoudspeaker, open_sink: OpenSink, status: DeviceStatus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    sink = open_sink()
    sink.emit(word("قلب"))
    sink.emit(word("قصبة هوائية"))
    loudspeaker.wait_for("قلب", "قصبة هوائية")
    wait_until(lambda: sink.delay_s is not None, "how long it took")
    assert sink.pid is not None
    pages = int(Path(f"/proc/{sink.pid}/statm").read_text(encoding="ascii").split()[1])
    assert pages * os.sysconf("SC_PAGE_SIZE") < MAX_MEMORY_BYTES
    assert len(loudspeaker.sounds()) == 3  # the first is the silence that tries it
    assert status.faults == {}
    assert caplog.messages == ["speech is on the loudspeaker default"]


@pytest.mark.parametrize("text", ["", " \n", "\x1b[2J\0\u2028", "\ud83d", "--help", "x" * 100_000, "👨\u200d👩"])
def test_speech_survives_whatever_text_it_gets(
    loudspeaker: FileLoudspeaker, open_sink: OpenSink, status: DeviceStatus, text: str
) -> None:
    sink = open_sink()
    sink.emit(word("placeholder").model_copy(update={"word": text}))
    sink.emit(word("قلب"))
    loudspeaker.wait_for("قلب")
    assert status.faults == {}


def test_utterances_are_said_instead_and_corrections_are_not(loudspeaker: FileLoudspeaker, open_sink: OpenSink) -> None:
    sink = open_sink(says="utterances")
    one = word("قلب")
    said = Utterance(
        seq=2,
        text="السلام عليكم ٣٢٥",
        words=(1,),
        started_at=one.started_at,
        ended_at=one.ended_at,
        model=one.model,
        device=one.device,
    )
    sink.emit(one)
    sink.emit(Line(text="قلب", words=(1,)))
    sink.emit(said.model_copy(update={"corrects": 1}))
    sink.emit(said)
    sink.emit(said.model_copy(update={"text": "شكرا"}))
    loudspeaker.wait_for("السلام عليكم ٣٢٥", "شكرا")
    assert len(loudspeaker.sounds()) == 3


def test_nothing_is_said_in_quiet_hours(
    loudspeaker: FileLoudspeaker, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = open_sink(quiet_hours="22:00-07:00")
    monkeypatch.setattr("edge.sinks.speech.sink.time.localtime", lambda: at_hour(23))
    sink.emit(word("قصبة هوائية"))
    monkeypatch.setattr("edge.sinks.speech.sink.time.localtime", lambda: at_hour(8))
    sink.emit(word("قلب"))
    loudspeaker.wait_for("قلب")
    assert len(loudspeaker.sounds()) == 2


def test_what_is_late_is_dropped(loudspeaker: FileLoudspeaker) -> None:
    options = SpeechOptions(voice_file="", device="default", volume=1.0, max_age_s=60.0)
    command = [sys.executable, "-m", "edge.sinks.speech", options.to_json()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        now = time.monotonic()
        worker.stdin.write(encode(Say("قصبة هوائية", now - 61.0)) + encode(Say("قلب", now)))
        worker.stdin.flush()
        loudspeaker.wait_for("قلب")
        worker.stdin.close()
    assert worker.returncode == 0
    assert len(loudspeaker.sounds()) == 2


def test_missing_loudspeaker_is_reported_once_and_used_when_it_is_there(
    no_loudspeaker: FileLoudspeaker, open_sink: OpenSink, status: DeviceStatus, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_sink()
    sentence = "the loudspeaker default plays nothing: No such file or directory"
    wait_until(lambda: status.faults == {Component.SPEECH: sentence}, "the fault")
    no_loudspeaker.plug_in()
    wait_until(lambda: status.faults == {}, "the loudspeaker")
    sink.emit(word("قلب"))
    no_loudspeaker.wait_for("قلب")
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "the loudspeaker is lost",
        "the loudspeaker default is back",
    ]


def test_missing_program_is_reported(
    loudspeaker: FileLoudspeaker,
    open_sink: OpenSink,
    status: DeviceStatus,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    player = shutil.which("aplay")
    assert player is not None
    (tmp_path / "aplay").symlink_to(player)
    monkeypatch.setenv("PATH", str(tmp_path))
    open_sink()
    sentence = "espeak-ng cannot be started; on Debian: apt install alsa-utils espeak-ng"
    wait_until(lambda: status.faults == {Component.SPEECH: sentence}, "the fault")


def test_killed_worker_is_restarted(loudspeaker: FileLoudspeaker, open_sink: OpenSink, status: DeviceStatus) -> None:
    sink = open_sink()
    sink.emit(word("قلب"))
    loudspeaker.wait_for("قلب")
    assert sink.pid is not None
    os.kill(sink.pid, signal.SIGKILL)
    wait_until(lambda: status.faults == {Component.SPEECH: "its process was ended by signal 9"}, "the fault")
    wait_until(lambda: status.faults == {}, "the loudspeaker")
    sink.emit(word("قصبة هوائية"))
    loudspeaker.wait_for("قصبة هوائية")


def test_hanging_worker_blocks_nobody(loudspeaker: FileLoudspeaker, open_sink: OpenSink) -> None:
    sink = open_sink()
    sink.emit(word("قلب"))
    loudspeaker.wait_for("قلب")
    assert sink.pid is not None
    hanging = sink.pid
    os.kill(hanging, signal.SIGSTOP)
    for _ in range(1000):  # a sink that waited for the program would do so for ever
        sink.emit(word("قلب" * 100))
    sink.close()
    wait_until(lambda: not Path(f"/proc/{hanging}").exists(), "its end")
