"""Visitors with their own cameras, over a real websocket, and a real process that reads for them."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from edge.recognition.word import Word
from edge.sinks.web.visitors import recogniser
from edge.sinks.web.visitors.visitors import Visitors
from landmarkers.frame import Landmarks
from landmarkers.recording import read_recording
from landmarkers.take import Take
from landmarkers.tracking import FINGERPRINT
from tests.edge.sinks.web.visitor_server import (
    CHEST,
    LIMIT,
    PATIENCE_S,
    SHIPPED,
    TAKES,
    VisitorServer,
    grey,
    hear,
    hear_until,
    jpeg,
)
from tests.edge.waiting import wait_until


def send_at_its_pace(socket: ClientConnection, landmarks: list[Landmarks]) -> None:
    began, first = time.monotonic(), landmarks[0].time
    for one in landmarks:
        time.sleep(max(0.0, one.time - first - (time.monotonic() - began)))
        socket.send(b"\3" + one.points.astype("<f4").tobytes())


def test_a_take_is_read_and_its_word_is_told_in_the_references_way(place: VisitorServer) -> None:
    with place.visit() as socket:
        socket.send(b"\2" + CHEST.read_bytes())
        word, end = hear(socket), hear(socket)
    assert word["detected_sign"] == {"sign_ar": "قفص صدري", "sign_en": "Chest"}
    assert 0.9 < word["confidence"] <= 1.0
    assert set(word) == {"detected_sign", "confidence"}
    assert end == {"take": "read", "words": 1}


def test_who_asks_for_words_has_the_whole_event_of_each_take(place: VisitorServer) -> None:
    with place.visit("?words=1") as socket:
        for path in sorted(TAKES.glob("*"))[:3]:
            socket.send(b"\2" + path.read_bytes())
        heard = [hear_until(socket, "take") for _ in range(3)]
    words = [Word.model_validate(answer["word"]) for answers in heard for answer in answers if "word" in answer]
    assert [word.sign_id for word in words] == [40, 71, 72]
    assert [word.seq for word in words] == [1, 2, 3]
    assert {word.device for word in words} == {"visitor"}
    assert words[0].model.startswith("karsl-190@")


def test_landmarks_sent_as_they_are_found_give_their_word(place: VisitorServer) -> None:
    take = Take.load(CHEST)
    with place.visit() as socket:
        for _ in range(4):  # who signs to a busy machine signs again
            send_at_its_pace(socket, take.landmarks())
            try:
                answer = json.loads(socket.recv(5.0))
            except TimeoutError:
                continue
            break
    assert answer["detected_sign"]["sign_en"] == "Chest"


@pytest.mark.parametrize("clip", ["01/01/test/0040/*.mp4", "03/03/test/0076/*"])
def test_a_clip_sent_as_pictures_gives_its_word(place: VisitorServer, karsl: Path, clip: str) -> None:
    path = sorted((karsl / "karsl-502").glob(clip))[0]
    pictures = [(frame.time, jpeg(frame.image)) for frame in read_recording(path)]
    heard = []
    with place.visit("?words=1") as socket:
        for _ in range(4):
            began, due = time.monotonic(), 0.0
            for at, content in pictures:
                if at >= due:
                    time.sleep(max(0.0, at - (time.monotonic() - began)))
                    socket.send(b"\0" + content)
                    due = at + 1 / 15 - 0.01
            try:
                heard.append(json.loads(socket.recv(5.0))["word"]["sign_id"])
            except TimeoutError:
                continue
            break
    assert heard == [int(path.parent.name)]


def test_the_landmarks_of_a_picture_come_back_where_they_are_in_it(place: VisitorServer, sample_picture: Path) -> None:
    content = sample_picture.read_bytes()
    with place.visit() as socket:
        socket.send(b"\1" + content)
        landmarks = np.array(hear(socket)["landmarks"])
    assert landmarks.shape == (96, 4)
    left_shoulder, right_shoulder, nose_side = landmarks[0], landmarks[1], landmarks[6:74, 0]
    assert right_shoulder[0] < nose_side.min() < nose_side.max() < left_shoulder[0]
    assert landmarks[6:74, 1].max() < left_shoulder[1]  # the face is above the shoulders
    assert set(landmarks[:, 3]) == {0.0, 1.0}
    assert not landmarks[landmarks[:, 3] == 0.0].any()


def test_joints_come_back_to_who_asks_for_them(place: VisitorServer, sample_picture: Path) -> None:
    with place.visit("?joints=1") as socket:
        socket.send(b"\1" + sample_picture.read_bytes())
        answer = hear(socket)
    assert len(answer["joints"]) == 75
    assert answer["aspect"] == pytest.approx(606 / 517, abs=0.1)
    assert answer["joints"][21 + 12][0] < answer["joints"][21][0] < answer["joints"][21 + 11][0]


def test_nothing_comes_back_of_a_picture_without_being_asked_for(place: VisitorServer) -> None:
    with place.visit() as socket:
        socket.send(b"\0" + grey())
        socket.send(b"\1" + grey())
        assert set(hear(socket)) == {"landmarks"}


def test_idle_is_told_once_when_no_hand_has_been_up_for_a_while(place: VisitorServer) -> None:
    rest = Landmarks.empty(0.0).points.astype("<f4").tobytes()
    with place.visit() as socket:
        began = time.monotonic()
        while time.monotonic() - began < 4.0:
            socket.send(b"\3" + rest)
            time.sleep(0.1)
        socket.send(b"\1" + grey())
        heard = hear_until(socket, "landmarks")
    assert heard[:-1] == [{"status": "idle"}]


def test_pictures_that_come_too_fast_are_dropped_and_counted_and_the_last_is_read(place: VisitorServer) -> None:
    before = place.visitors.counts()
    with place.visit() as socket:
        for _ in range(60):
            socket.send(b"\0" + grey(640, 480))
        socket.send(b"\1" + grey())
        assert "landmarks" in hear(socket)
        after = place.visitors.counts()
    assert after["processed"] - before["processed"] + after["dropped"] - before["dropped"] == 61


def test_visitors_who_send_all_they_can_leave_others_their_turns(place: VisitorServer) -> None:
    stop, answers, nobody = threading.Event(), [0, 0], grey()

    def flood(number: int) -> None:
        with place.visit() as socket:
            while not stop.wait(0.01):
                socket.send(b"\1" + nobody)
                try:
                    while True:
                        socket.recv(0.0)
                        answers[number] += 1
                except TimeoutError:
                    continue

    flooders = [threading.Thread(target=flood, args=(number,)) for number in range(2)]
    for flooder in flooders:
        flooder.start()
    try:
        wait_until(lambda: min(answers) > 0, "answers to those who send all they can")
        with place.visit() as socket:
            before = sum(answers)
            for _ in range(8):
                socket.send(b"\1" + grey())
                hear_until(socket, "landmarks")
            others = sum(answers) - before
    finally:
        stop.set()
        for flooder in flooders:
            flooder.join()
    assert others < 8 * 8  # two each, where the turns go round; what was on its way comes late


def test_too_many_visitors_are_told_so(place: VisitorServer) -> None:
    refused = place.visitors.counts()["refused"]
    inside = [place.visit() for _ in range(LIMIT)]
    sockets = [one.__enter__() for one in inside]
    try:
        wait_until(lambda: place.visitors.counts()["visitors"] == LIMIT, "the visitors")
        with place.visit() as socket:
            assert f"{LIMIT} visitors try their cameras on this device already" in hear(socket)["error"]
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert f"{LIMIT} visitors" in closed.value.rcvd.reason
        sockets[0].send(b"\1" + grey())
        assert "landmarks" in hear(sockets[0])
    finally:
        for one in inside:
            one.__exit__(None, None, None)
    place.wait_empty()
    assert place.visitors.counts()["refused"] == refused + 1


def test_a_place_for_nobody_says_so() -> None:
    with VisitorServer(Visitors(0)) as closed_place, closed_place.visit() as socket:
        assert "visitors cannot try their own cameras" in hear(socket)["error"]
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


def test_without_a_model_visitors_are_told_so() -> None:
    with VisitorServer(Visitors(1), model=None) as bare, bare.visit() as socket:
        assert "no model reads here yet" in hear(socket)["error"]


def kill_in_a_turn(place: VisitorServer, socket: ClientConnection) -> None:
    """End the recognition while it is busy with what this visitor sent."""
    socket.send(b"\1" + grey())
    hear_until(socket, "landmarks")
    os.kill(the_pid(place), signal.SIGSTOP)
    socket.send(b"\1" + grey())
    wait_until(lambda: place.visitors._recogniser.turns_taken == 1, "the visitor's turn")
    os.kill(the_pid(place), signal.SIGKILL)


def the_pid(place: VisitorServer) -> int:
    pid = place.visitors._recogniser.pid
    assert pid is not None
    return pid


def test_visitors_go_on_when_their_recognition_dies(place: VisitorServer) -> None:
    restarts = place.visitors.counts()["restarts"]
    with place.visit() as socket:
        socket.send(b"\1" + grey())
        hear_until(socket, "landmarks")
        os.kill(the_pid(place), signal.SIGKILL)
        wait_until(lambda: place.visitors.counts()["restarts"] == restarts + 1, "the restart of the worker")
        socket.send(b"\2" + CHEST.read_bytes())
        heard = hear_until(socket, "take")
    assert [answer["detected_sign"]["sign_en"] for answer in heard if "detected_sign" in answer] == ["Chest"]
    assert place.visitors.counts()["restarts"] == restarts + 1


def test_a_visitor_whose_turn_it_is_when_it_dies_is_told_so_and_who_kills_it_again_is_sent_away(
    place: VisitorServer,
) -> None:
    with place.visit() as socket:
        kill_in_a_turn(place, socket)
        assert "restarted" in hear(socket)["error"]
        kill_in_a_turn(place, socket)
        assert "crashes on what you send" in hear(socket)["error"]
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011


def test_the_recognition_leaves_soon_after_the_last_visitor(
    place: VisitorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recogniser, "_IDLE_TIMEOUT_S", 0.1)
    with place.visit() as socket:
        socket.send(b"\1" + grey())
        hear_until(socket, "landmarks")
        pid = the_pid(place)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the process's end")
    wait_until(lambda: place.visitors._recogniser.pid is None, "the end of the worker")


def test_the_recognition_gives_way_to_all_else(place: VisitorServer) -> None:
    with place.visit() as socket:
        socket.send(b"\1" + grey())
        hear(socket)
        pid = the_pid(place)
        threads = Path(f"/proc/{pid}/task").iterdir()
        nice = [os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads]
    assert min(nice) >= min(19, os.nice(0) + 10)
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"


def test_another_model_is_taken_up_while_somebody_is_here(place: VisitorServer, tmp_path: Path) -> None:
    folder = tmp_path / "next"
    folder.mkdir()
    for path in SHIPPED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    manifest = json.loads((SHIPPED / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": 99}))
    models: list[str] = []
    with place.visit("?words=1") as socket:
        for model in (SHIPPED, folder):
            place.take_up(model)
            wanted = f"karsl-190@{manifest['version'] if model == SHIPPED else 99}"
            while not models or models[-1] != wanted:
                socket.send(b"\2" + CHEST.read_bytes())
                models += [answer["word"]["model"] for answer in hear_until(socket, "take") if "word" in answer]
        place.take_up(tmp_path / "nothing")
        socket.send(b"\2" + CHEST.read_bytes())
        assert [answer["word"]["model"] for answer in hear_until(socket, "take")[:-1]] == [wanted]
    place.take_up(SHIPPED)


def test_a_take_of_other_landmarks_is_refused(place: VisitorServer, tmp_path: Path) -> None:
    take = Take.load(CHEST)
    other = tmp_path / "other.take.npz"
    Take(take.points, take.times, type(take.provenance)("clip", "mediapipe-1")).save(other)
    with place.visit() as socket:
        socket.send(b"\2" + other.read_bytes())
        assert "not of mediapipe-1" in hear(socket)["error"]
    assert take.provenance.landmarker == FINGERPRINT
