"""The examples run as their first lines say, and the public API holds what the documentation names."""

import json
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import ishara
from tests.edge.mosquitto import Mosquitto, listening
from tests.edge.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
TAKES = ROOT / "edge" / "demo" / "takes"
WORDS = ["dhaal", "skeleton", "skull", "rib cage", "respiratory system", "trachea", "20", "peace be upon you", "thanks"]


def run(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_clip_is_read_from_python() -> None:
    output = run("examples/read_clip.py", f"take:{TAKES}")
    words = [line for line in output.splitlines() if "%" in line]
    utterances = [line.strip() for line in output.splitlines() if "%" not in line]
    assert [line.split("  ")[-1] for line in words] == WORDS
    assert utterances[-1] == "السلام عليكم شكرا"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["read_clip.py"], "usage: "),
        (["read_clip.py", "absent.mp4"], "there is no source absent.mp4"),
        (["subscribe.py", "127.0.0.1", "1"], "127.0.0.1:1 cannot be reached"),
    ],
)
def test_mistakes_are_answered_with_a_sentence(arguments: list[str], sentence: str) -> None:
    command = [sys.executable, f"examples/{arguments[0]}", *arguments[1:]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False, timeout=PATIENCE_S)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_broker_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> socket.socket:
        raise TimeoutError("timed out")  # without an error number, as Python's own

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(sys, "argv", ["subscribe.py", "broker.example"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "examples" / "subscribe.py"), run_name="__main__")
    assert str(ended.value) == "subscribe: the broker broker.example:1883 cannot be reached: timed out"


def test_words_are_received_over_mqtt(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    broker.start()
    try:
        with listening(broker) as publisher:
            word = {"device": "hall", "confidence": 0.97, "word": "قلب", "word_en": "heart"}
            publisher.publish(
                "ishara/hall/word", json.dumps(word), retain=True
            )  # whoever subscribes later gets it, too
        command = [sys.executable, "-u", "examples/subscribe.py", "127.0.0.1", str(broker.port)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as subscriber:
            assert subscriber.stdout is not None
            line = subscriber.stdout.readline()
            subscriber.terminate()
        assert line == "hall   97%  قلب  heart\n"
    finally:
        broker.stop()


def test_notebook_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = json.loads((ROOT / "examples" / "bundle_in_a_notebook.ipynb").read_text(encoding="utf-8"))
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    output = capsys.readouterr().out
    assert "knows 230 signs" in output
    assert all(word in output for word in WORDS)


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(ishara, name) is not None for name in ishara.__all__)
    assert not hasattr(ishara, "nonsense")


def test_takes_are_read_without_camera_libraries() -> None:
    code = (
        "import sys; from ishara import Take; print([name for name in ('cv2', 'onnxruntime') if name in sys.modules])"
    )
    assert run("-c", code) == "[]\n"
