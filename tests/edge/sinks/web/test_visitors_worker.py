"""The recognition worker of visitors: crashes, idle time, priority and another model."""

import json
import os
import signal
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from edge.recognition.word import Word
from edge.sinks.web.visitors import process, recogniser
from edge.sinks.web.visitors.protocol import LoadModel
from edge.sinks.web.visitors.visitors import Visitors
from landmarkers.take import Provenance
from landmarkers.tracking import FINGERPRINT
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.labels import Sign as Label
from models.labels import labels_json, read_labels
from models.learned import Teacher, write_head
from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.edge.sinks.web.visitor_server import (
    CHEST,
    LIMIT,
    PATIENCE_S,
    SHIPPED,
    VisitorServer,
    frames_of,
    grey,
    receive,
    receive_until,
    take_message,
)
from tests.edge.waiting import wait_until
from tests.synthetic_signer import Sign, even_times, take


def kill_worker_in_a_turn(server: VisitorServer, socket: ClientConnection) -> None:
    """Kill the worker while it is busy with what this visitor sent."""
    socket.send(b"\1" + grey())
    receive_until(socket, "landmarks")
    os.kill(worker_pid(server), signal.SIGSTOP)
    socket.send(b"\1" + grey())
    wait_until(lambda: server.visitors._recogniser.turns_taken == 1, "the visitor's turn")
    os.kill(worker_pid(server), signal.SIGKILL)


def worker_pid(server: VisitorServer) -> int:
    pid = server.visitors._recogniser.pid
    assert pid is not None
    return pid


def test_session_continues_when_the_worker_is_killed(server: VisitorServer) -> None:
    restarts = server.visitors.counts()["restarts"]
    with server.visit() as socket:
        socket.send(b"\1" + grey())
        receive_until(socket, "landmarks")
        os.kill(worker_pid(server), signal.SIGKILL)
        wait_until(lambda: server.visitors.counts()["restarts"] == restarts + 1, "the restart of the worker")
        socket.send(take_message(CHEST))
        received = receive_until(socket, "take")
    assert [answer["detected_sign"]["sign_en"] for answer in received if "detected_sign" in answer] == ["rib cage"]
    assert server.visitors.counts()["restarts"] == restarts + 1


def test_second_crash_closes_the_session_and_its_address_waits(server: VisitorServer) -> None:
    with server.visit() as socket:
        kill_worker_in_a_turn(server, socket)
        assert "restarted" in receive(socket)["error"]
        kill_worker_in_a_turn(server, socket)
        assert "crashes on what you send" in receive(socket)["error"]
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    with server.visit() as socket:
        assert "you can come back in" in receive(socket)["error"]


def test_worker_ends_soon_after_the_last_visitor(server: VisitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser, "_IDLE_TIMEOUT_S", 0.1)
    with server.visit() as socket:
        socket.send(b"\1" + grey())
        receive_until(socket, "landmarks")
        pid = worker_pid(server)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the process's end")
    wait_until(lambda: server.visitors._recogniser.pid is None, "the end of the worker")


def test_worker_has_a_low_priority(server: VisitorServer) -> None:
    with server.visit() as socket:
        socket.send(b"\1" + grey())
        receive(socket)
        pid = worker_pid(server)
        threads = Path(f"/proc/{pid}/task").iterdir()
        nice = [os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads]
    assert min(nice) >= min(19, os.nice(0) + 10)
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"


def test_model_is_replaced_with_labels_and_vocabulary_while_a_visitor_is_present(
    server: VisitorServer, tmp_path: Path
) -> None:
    folder = tmp_path / "next"
    folder.mkdir()
    for path in SHIPPED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    manifest = json.loads((SHIPPED / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": 99}))

    def next_word() -> Word:
        while True:
            socket.send(take_message(CHEST))
            while "take" not in (answer := receive(socket)):
                if "word" in answer:
                    return Word.model_validate(answer["word"])
                if "error" in answer:
                    assert "restarted" in answer["error"]
                    break

    with server.visit("?words=1") as socket:
        assert next_word().model == f"karsl-230@{manifest['version']}"
        signs = [sign.model_copy(update={"word": f"-{sign.sign_id}-"}) for sign in read_labels(SHIPPED / "labels.json")]
        server.load_model(folder, labels_json(tuple(signs)).decode(), allowed=(74, 71))
        wait_until(lambda: next_word().model == "karsl-230@99", "the new model")
        server.load_model(tmp_path / "nothing")
        last = next_word()
        assert (last.model, last.word, [other.word for other in last.alternatives]) == (
            "karsl-230@99",
            "-74-",
            ["-71-"],
        )
    server.load_model(SHIPPED)


def test_what_was_forgotten_does_not_come_back_with_the_model_before_when_the_next_one_cannot_be_loaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_teachable_bundle(tmp_path / "tiny", landmarker=FINGERPRINT)
    bundle, coffee = open_bundle(folder), Label(sign_id=1_500_000, word="قهوة", word_en="coffee")
    provenance = Provenance("stream", FINGERPRINT, sign_id=coffee.sign_id)
    one = take(even_times(20, 1.0), Sign(0.0, 1.0, NEW_PLACE), provenance=provenance)
    head = write_head(Teacher(bundle, OnnxClassifier(bundle)).learn([one], [coffee]))
    signed = b"\2" + frames_of(take(even_times(15, 4.0), Sign(1.0, 2.0, NEW_PLACE)).landmarks())
    with VisitorServer(Visitors(LIMIT), None) as server:
        server.load(LoadModel(str(folder), None, learned=head))
        with server.visit("?words=1") as socket:
            socket.send(signed)
            answers = receive_until(socket, "take")
            assert [answer["word"]["word_en"] for answer in answers if "word" in answer] == ["coffee"]
            server.load(LoadModel(str(tmp_path / "absent"), None))
            wait_until(lambda: "visitors continue with the old model" in caplog.text, "the model before")
            socket.send(signed)
            assert not [answer for answer in receive_until(socket, "take") if "word" in answer]


def test_hanging_worker_is_restarted(server: VisitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_REPLY_S", 1.0)
    with server.visit() as socket:
        socket.send(b"\1" + grey())
        receive_until(socket, "landmarks")
        hanging = worker_pid(server)
        os.kill(hanging, signal.SIGSTOP)
        socket.send(b"\1" + grey())
        assert "restarted" in receive(socket)["error"]
        monkeypatch.setattr(process, "_REPLY_S", PATIENCE_S)
        wait_until(lambda: not Path(f"/proc/{hanging}").exists(), "the end of the hanging worker")
        socket.send(b"\1" + grey())
        receive_until(socket, "landmarks")


def test_visitor_is_refused_with_the_reason_while_the_model_is_unusable(tmp_path: Path) -> None:
    with VisitorServer(Visitors(1), model=tmp_path / "nothing") as server:
        for _ in range(2):
            with server.visit() as socket:
                assert "nothing" in receive(socket)["error"]
            server.wait_empty()
        server.load_model(SHIPPED)
        with server.visit() as socket:
            socket.send(b"\1" + grey())
            receive_until(socket, "landmarks")
        assert server.visitors.counts()["restarts"] == 0


def test_visitor_who_comes_while_the_worker_ends_is_served(
    server: VisitorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recogniser, "_IDLE_TIMEOUT_S", 0.0)
    restarts = server.visitors.counts()["restarts"]
    for _ in range(3):
        with server.visit() as socket:
            socket.send(b"\1" + grey())
            receive_until(socket, "landmarks")
    assert server.visitors.counts()["restarts"] == restarts
