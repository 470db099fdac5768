"""Visitors with their own cameras, over a real websocket, and a real recognition worker."""

import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from edge.recognition.word import Word
from edge.sinks.web.visitors.visitors import Visitors
from landmarkers.frame import Landmarks
from landmarkers.recording import read_recording
from landmarkers.take import Take
from tests.edge.sinks.web.visitor_server import (
    CHEST,
    LIMIT,
    PATIENCE_S,
    TAKES,
    VisitorServer,
    grey,
    jpeg,
    receive,
    receive_until,
    take_message,
)
from tests.edge.waiting import wait_until


def send_in_real_time(socket: ClientConnection, landmarks: list[Landmarks]) -> None:
    began, first = time.monotonic(), landmarks[0].time
    for one in landmarks:
        time.sleep(max(0.0, one.time - first - (time.monotonic() - began)))
        socket.send(b"\3" + one.points.astype("<f4").tobytes())


def test_word_of_a_take_is_sent_in_the_reference_protocol(server: VisitorServer) -> None:
    with server.visit() as socket:
        socket.send(take_message(CHEST))
        word, end = receive(socket), receive(socket)
    assert word["detected_sign"] == {"sign_ar": "قفص صدري", "sign_en": "rib cage"}
    assert 0.9 < word["confidence"] <= 1.0
    assert set(word) == {"detected_sign", "confidence"}
    assert end == {"take": "read", "words": 1}


def test_words_option_sends_the_whole_event_of_each_take(server: VisitorServer) -> None:
    with server.visit("?words=1") as socket:
        for path in sorted(TAKES.glob("*"))[:3]:
            socket.send(take_message(path))
        received = [receive_until(socket, "take") for _ in range(3)]
    words = [Word.model_validate(answer["word"]) for answers in received for answer in answers if "word" in answer]
    assert [word.sign_id for word in words] == [40, 71, 72]
    assert [word.seq for word in words] == [1, 2, 3]
    assert {word.device for word in words} == {"visitor"}
    assert words[0].model.startswith("karsl-230@")


def test_landmarks_sent_in_real_time_give_their_word(server: VisitorServer) -> None:
    take = Take.load(CHEST)
    with server.visit() as socket:
        for _ in range(4):  # on a busy machine a signer repeats the sign
            send_in_real_time(socket, take.landmarks())
            try:
                answer = json.loads(socket.recv(5.0))
            except TimeoutError:
                continue
            break
    assert answer["detected_sign"]["sign_en"] == "rib cage"


@pytest.mark.parametrize("clip", ["01/01/test/0040/*.mp4", "03/03/test/0076/*"])
def test_clip_sent_as_images_gives_its_word(server: VisitorServer, karsl: Path, clip: str) -> None:
    path = sorted((karsl / "karsl-502").glob(clip))[0]
    pictures = [(frame.time, jpeg(frame.image)) for frame in read_recording(path)]
    received = []
    with server.visit("?words=1") as socket:
        for _ in range(4):
            began, due = time.monotonic(), 0.0
            for at, content in pictures:
                if at >= due:
                    time.sleep(max(0.0, at - (time.monotonic() - began)))
                    socket.send(b"\0" + content)
                    due = at + 1 / 15 - 0.01
            try:
                received.append(json.loads(socket.recv(5.0))["word"]["sign_id"])
            except TimeoutError:
                continue
            break
    assert received == [int(path.parent.name)]


def test_landmarks_of_an_image_are_sent_back_at_their_positions(server: VisitorServer, sample_image: Path) -> None:
    content = sample_image.read_bytes()
    with server.visit() as socket:
        socket.send(b"\1" + content)
        landmarks = np.array(receive(socket)["landmarks"])
    assert landmarks.shape == (96, 4)
    left_shoulder, right_shoulder, nose_side = landmarks[0], landmarks[1], landmarks[6:74, 0]
    assert right_shoulder[0] < nose_side.min() < nose_side.max() < left_shoulder[0]
    assert landmarks[6:74, 1].max() < left_shoulder[1]  # the face is above the shoulders
    assert set(landmarks[:, 3]) == {0.0, 1.0}
    assert not landmarks[landmarks[:, 3] == 0.0].any()


def test_joints_option_sends_joints_back(server: VisitorServer, sample_image: Path) -> None:
    with server.visit("?joints=1") as socket:
        socket.send(b"\1" + sample_image.read_bytes())
        answer = receive(socket)
    assert len(answer["joints"]) == 75
    assert answer["aspect"] == pytest.approx(606 / 517, abs=0.1)
    assert answer["joints"][21 + 12][0] < answer["joints"][21][0] < answer["joints"][21 + 11][0]


def test_landmarks_are_sent_back_on_request_only(server: VisitorServer) -> None:
    with server.visit() as socket:
        socket.send(b"\0" + grey())
        socket.send(b"\1" + grey())
        assert set(receive(socket)) == {"landmarks"}


def test_idle_is_reported_once_after_a_while_without_a_raised_hand(server: VisitorServer) -> None:
    rest = Landmarks.empty(0.0).points.astype("<f4").tobytes()
    with server.visit() as socket:
        began = time.monotonic()
        while time.monotonic() - began < 4.0:
            socket.send(b"\3" + rest)
            time.sleep(0.1)
        socket.send(b"\1" + grey())
        received = receive_until(socket, "landmarks")
    assert received[:-1] == [{"status": "idle"}]


def test_images_beyond_the_capacity_are_dropped_and_counted_and_the_last_is_processed(server: VisitorServer) -> None:
    before = server.visitors.counts()
    with server.visit() as socket:
        for _ in range(60):
            socket.send(b"\0" + grey(640, 480))
        socket.send(b"\1" + grey())
        assert "landmarks" in receive(socket)
        after = server.visitors.counts()
    assert after["processed"] - before["processed"] + after["dropped"] - before["dropped"] == 61


def test_flooding_visitors_leave_others_their_turns(server: VisitorServer) -> None:
    stop, answers, image = threading.Event(), [0, 0], grey()

    def flood(number: int) -> None:
        with server.visit() as socket:
            while not stop.wait(0.01):
                socket.send(b"\1" + image)
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
        wait_until(lambda: min(answers) > 0, "answers to the flooding visitors")
        with server.visit() as socket:
            before = sum(answers)
            for _ in range(8):
                socket.send(b"\1" + grey())
                receive_until(socket, "landmarks")
            others = sum(answers) - before
    finally:
        stop.set()
        for flooder in flooders:
            flooder.join()
    assert others < 8 * 8  # two each if turns are fair; answers on their way arrive late


def test_visitor_beyond_the_limit_is_refused_with_the_reason(server: VisitorServer) -> None:
    refused = server.visitors.counts()["refused"]
    visits = [server.visit() for _ in range(LIMIT)]
    sockets = [one.__enter__() for one in visits]
    try:
        wait_until(lambda: server.visitors.counts()["visitors"] == LIMIT, "the visitors")
        with server.visit() as socket:
            assert f"{LIMIT} visitors try their cameras on this device already" in receive(socket)["error"]
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert f"{LIMIT} visitors" in closed.value.rcvd.reason
        sockets[0].send(b"\1" + grey())
        assert "landmarks" in receive(sockets[0])
    finally:
        for one in visits:
            one.__exit__(None, None, None)
    server.wait_empty()
    assert server.visitors.counts()["refused"] == refused + 1


def test_limit_of_zero_refuses_every_visitor_with_the_reason() -> None:
    with VisitorServer(Visitors(0)) as closed_server, closed_server.visit() as socket:
        assert "visitors cannot try their own cameras" in receive(socket)["error"]
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


def test_visitor_is_refused_while_there_is_no_model() -> None:
    with VisitorServer(Visitors(1), model=None) as server, server.visit() as socket:
        assert "no model is loaded yet" in receive(socket)["error"]
