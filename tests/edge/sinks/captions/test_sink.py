import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from edge.config import CaptionsConfig
from edge.demo.tour import TAKES
from edge.monitoring.status import Component, DeviceStatus, Keeping
from edge.recognition.word import Word
from edge.requests import Reply
from edge.sinks.captions.layout import lay_out
from edge.sinks.captions.message import StatusMessage, TeachingMessage
from edge.sinks.captions.scene import Caption, ReplyText, Scene
from landmarkers.frame import Frame
from landmarkers.person import Purpose
from landmarkers.take import Take
from tests.edge.sinks.captions.conftest import OpenSink
from tests.edge.sinks.captions.showing import LAYOUT, SIZE, wait_for
from tests.edge.sinks.captions.xvfb import HEIGHT, WIDTH, Xvfb
from tests.edge.spoken import line, utterance
from tests.edge.waiting import wait_until

DAY: Final = "2026-11-22T16:00:0"
MAX_MEMORY_BYTES: Final = 120e6

ODD_TEXTS: Final = (
    "",
    " ",
    "a\nb\r\u2028\x85",
    "\0\x1b[2J",
    "a\ud83d",
    "👨\u200d👩\u200d👧🇸🇦",
    "\u200b",
    "x" * 100_000,
)


def word(seq: int, arabic: str = "قصبة هوائية", english: str = "Trachea") -> Word:
    event = {"seq": seq, "sign_id": 76, "word": arabic, "word_en": english, "confidence": 0.97}
    instants = {"started_at": f"{DAY}1.200Z", "ended_at": f"{DAY}2.050Z", "emitted_at": f"{DAY}2.210Z"}
    rest = {"alternatives": [], "model": "tiny@3", "device": "entrance"}
    return Word.model_validate_json(json.dumps(event | instants | rest))


def caption(word: Word) -> Caption:
    return Caption(word.word, word.word_en, is_confident=True)


def log_summaries(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the log lines, each up to its first colon."""
    return [record.getMessage().partition(":")[0] for record in caplog.records]


def memory_bytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def test_words_are_on_the_screen_and_the_worker_stays_small(
    x_server: Xvfb, open_sink: OpenSink, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_sink()
    wait_for(x_server, Scene(), LAYOUT.status, "“ready”")
    first, second = word(1, "قلب", "heart"), word(2)
    sink.emit(first)
    wait_for(x_server, Scene(caption(first)), LAYOUT.word, "the first word")
    sink.emit(second)
    wait_for(x_server, Scene(caption(second)), LAYOUT.word, "the second word")
    wait_for(x_server, Scene(caption(second), (caption(first),)), LAYOUT.line, "the first word in the line")
    wait_until(lambda: sink.delay_s is not None, "how long it took")
    assert sink.pid is not None
    assert memory_bytes(sink.pid) < MAX_MEMORY_BYTES
    assert caplog.messages == [f"captions are on a screen of {WIDTH}x{HEIGHT} by x11"]


def test_line_grows_on_the_screen_and_the_one_before_moves_down(x_server: Xvfb, open_sink: OpenSink) -> None:
    sink, config = open_sink(show="utterances"), CaptionsConfig(show="utterances")
    sink.emit(word(1, "ألم", "pain"))
    sink.emit(line("ألم", 1))
    first = Caption("ألم", "pain", is_confident=True)
    wait_for(x_server, Scene(first), LAYOUT.word, "the first word", config)
    sink.emit(word(2, "قلب", "heart"))
    sink.emit(line("ألم قلب", 1, 2))
    grown = Caption("ألم قلب", "pain heart", is_confident=True)
    wait_for(x_server, Scene(grown), LAYOUT.word, "the second word in the line", config)
    sink.emit(utterance(3, "ألم قلب", 1, 2))
    sink.emit(word(4))
    sink.emit(line("قصبة هوائية", 4))
    wait_for(x_server, Scene(caption(word(4)), (grown,)), LAYOUT.word, "the next line", config)
    wait_for(x_server, Scene(caption(word(4)), (grown,)), LAYOUT.line, "the line before", config)
    assert sink.delay_s is not None


def test_screen_survives_whatever_text_it_gets(
    x_server: Xvfb, open_sink: OpenSink, status: DeviceStatus, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_sink()
    wait_for(x_server, Scene(), LAYOUT.status, "“ready”")
    for seq, text in enumerate(ODD_TEXTS):
        odd = word(seq, "placeholder", "placeholder").model_copy(update={"word": text, "word_en": text})
        sink.emit(odd)
    last = word(len(ODD_TEXTS)).model_copy(update={"word": "قصبة\nهوائية"})
    sink.emit(last)
    wait_for(x_server, Scene(caption(word(2))), LAYOUT.word, "the last word, on one line")
    assert status.faults == {}
    assert caplog.messages == [f"captions are on a screen of {WIDTH}x{HEIGHT} by x11"]


def test_clear_removes_words_and_identify_shows_the_device_name(x_server: Xvfb, open_sink: OpenSink) -> None:
    sink = open_sink()
    sink.emit(word(1))
    wait_for(x_server, Scene(caption(word(1))), LAYOUT.word, "the word")
    sink.clear()
    wait_for(x_server, Scene(), LAYOUT.word, "the empty screen")
    sink.identify()
    wait_for(x_server, Scene(identity="entrance"), LAYOUT.word, "the name")


def test_reply_is_shown_apart_from_words_until_it_is_removed(x_server: Xvfb, open_sink: OpenSink) -> None:
    sink = open_sink()
    sink.emit(word(1))
    sink.show_reply(Reply(command="reply", text="غرفة", partial=True))
    sink.show_reply(Reply(command="reply", text="غرفة 7 in Building B"))
    replied, layout = ReplyText("غرفة 7 in Building B"), lay_out(*SIZE, preview=True, reply=True)
    assert layout.reply is not None
    wait_for(x_server, Scene(caption(word(1)), reply=replied), layout.reply, "the reply")
    wait_for(x_server, Scene(caption(word(1)), reply=replied), layout.word, "the word below it")
    os.kill(sink.pid or 0, signal.SIGKILL)
    wait_for(x_server, Scene(caption(word(1)), reply=replied), layout.reply, "the reply after a crash")
    sink.show_reply(Reply(command="reply", text=""))
    wait_for(x_server, Scene(caption(word(1))), LAYOUT.word, "the word alone")


def test_countdown_of_teaching_is_shown_in_place_of_the_words(x_server: Xvfb, open_sink: OpenSink) -> None:
    sink = open_sink()
    sink.emit(word(1))
    wait_for(x_server, Scene(caption(word(1))), LAYOUT.word, "the word")
    for seconds in (3, 2):
        counting = TeachingMessage("countdown", ("قهوة", "Coffee"), (1, 3), seconds)
        sink.show_teaching(counting)
        wait_for(x_server, Scene(teaching=counting), LAYOUT.word, f"the number {seconds}")
    wait_for(x_server, Scene(teaching=counting), LAYOUT.line, "which take is asked for")
    os.kill(sink.pid or 0, signal.SIGKILL)
    wait_for(x_server, Scene(teaching=counting), LAYOUT.word, "the number after a crash")
    sink.show_teaching(TeachingMessage())
    wait_for(x_server, Scene(caption(word(1))), LAYOUT.word, "the word again")


def test_faults_are_shown_in_the_status_line(x_server: Xvfb, open_sink: OpenSink, status: DeviceStatus) -> None:
    status.report(Component.BROKER, "the broker is away")
    open_sink(preview="off")
    config = CaptionsConfig(show="words", preview="off")
    wait_for(x_server, Scene(status=StatusMessage(("broker",))), LAYOUT.status, "the broker's fault", config)
    status.report(Component.CAMERA, "the camera is away")
    status.set_paused(paused=True)
    status.set_keeping(Keeping("مريم", Purpose.DEVICE, datetime.now(UTC)))
    both = Scene(status=StatusMessage(("broker", "camera"), paused=True, keeping=True))
    wait_for(x_server, both, LAYOUT.status, "the camera's fault, and that takes are kept", config)
    status.set_paused(paused=False)
    status.set_keeping(None)
    status.report(Component.BROKER, None)
    status.report(Component.CAMERA, None)
    wait_for(x_server, Scene(), LAYOUT.status, "“ready”", config)


def test_preview_shows_the_image_behind_the_skeleton(x_server: Xvfb, open_sink: OpenSink) -> None:
    sink = open_sink(preview="picture")
    landmarks = Take.load(TAKES / "2-sign-0071-signer-02.take.npz").landmarks()[9]
    image = np.full((480, 640, 3), (10, 200, 30), np.uint8)
    assert LAYOUT.preview is not None
    box = LAYOUT.preview

    def is_shown() -> bool:
        sink.observe(Frame(image, 0.0), landmarks)
        preview = x_server.image()[box.top : box.bottom, box.left : box.right]
        return bool(np.all(preview == (10, 200, 30), axis=2).mean() > 0.3)

    wait_until(is_shown, "the image")


def test_killed_worker_is_restarted_and_shows_the_words_again(
    x_server: Xvfb, open_sink: OpenSink, status: DeviceStatus, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_sink()
    sink.emit(word(1))
    wait_for(x_server, Scene(caption(word(1))), LAYOUT.word, "the word")
    killed = sink.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: status.faults == {Component.SCREEN: "its process was ended by signal 9"}, "the fault")
    sink.emit(word(2, "قلب", "heart"))
    wait_until(lambda: status.faults == {}, "the screen")
    assert sink.pid not in (None, killed)
    wait_for(x_server, Scene(previous=(caption(word(1)),)), LAYOUT.line, "the word in the line")
    assert log_summaries(caplog)[1:] == ["the screen is lost", "the screen is back"]


def test_lost_screen_is_logged_once_and_opened_again(
    x_server: Xvfb, open_sink: OpenSink, status: DeviceStatus, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    sink = open_sink()
    sink.emit(word(1))
    wait_for(x_server, Scene(caption(word(1))), LAYOUT.word, "the word")
    x_server.kill()
    wait_until(lambda: "no screen can be opened" in status.faults.get(Component.SCREEN, ""), "the second try")
    sink.emit(word(2))
    assert log_summaries(caplog)[1:] == ["the screen is lost"]
    folder = tmp_path / "another"
    folder.mkdir()
    another = Xvfb(folder, x_server.display)
    try:
        wait_until(lambda: status.faults == {}, "the screen")
        wait_for(another, Scene(previous=(caption(word(1)),)), LAYOUT.line, "the word in the line")
        assert log_summaries(caplog)[1:] == ["the screen is lost", "the screen is back"]
    finally:
        sink.close()
        another.kill()


def test_hanging_worker_blocks_nobody(x_server: Xvfb, open_sink: OpenSink) -> None:
    sink = open_sink(preview="picture", preview_per_s=30)
    wait_for(x_server, Scene(), LAYOUT.status, "“ready”")
    assert sink.pid is not None
    hanging = sink.pid
    os.kill(hanging, signal.SIGSTOP)
    landmarks = Take.load(TAKES / "2-sign-0071-signer-02.take.npz").landmarks()[9]
    image = np.zeros((480, 640, 3), np.uint8)
    for seq in range(1000):  # a sink that waited for the program would do so for ever
        sink.emit(word(seq))
        sink.observe(Frame(image, 0.0), landmarks)
    sink.close()
    wait_until(lambda: not Path(f"/proc/{hanging}").exists(), "its end")


def test_hanging_worker_is_killed_and_restarted(
    x_server: Xvfb, open_sink: OpenSink, status: DeviceStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.workers.process._HEARTBEAT_TIMEOUT_S", 4.0)
    sink = open_sink()
    sink.emit(word(1))
    wait_for(x_server, Scene(caption(word(1))), LAYOUT.word, "the word")
    hanging = sink.pid
    assert hanging is not None
    os.kill(hanging, signal.SIGSTOP)
    wait_until(lambda: status.faults == {Component.SCREEN: "its process does not answer"}, "the fault")
    wait_until(lambda: status.faults == {}, "the screen")
    assert sink.pid != hanging
    assert not Path(f"/proc/{hanging}").exists()
    wait_for(x_server, Scene(caption(word(1))), LAYOUT.word, "the word")
