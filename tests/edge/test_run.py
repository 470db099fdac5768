"""Tests of `ishara-edge run`: words, numbering, pause, and running without a home."""

import os
import subprocess
import sys
from pathlib import Path

from edge.monitoring.health import Health
from edge.recognition.word import Word
from landmarkers.take import TAKE_SUFFIX
from tests.edge.conftest import ONE_SIGN, StartDaemon
from tests.edge.daemon import mqtt_settings, printed_words
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port
from tests.edge.tiny_bundle import SIGNS, TITLE


def test_fast_take_prints_its_word(bundle_folder: Path, one_sign: str, start_daemon: StartDaemon) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--jsonl", "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments)
    assert daemon.wait() == 0
    (word,) = daemon.words()
    assert (word.seq, word.word, word.model, word.device) == (1, SIGNS[1].word, TITLE, "ishara")


def test_quiet_daemon_recognises_words_and_prints_none(
    bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--quiet", "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments)
    assert daemon.wait() == 0
    assert '"words":1' in daemon.logged
    assert daemon.printed == ""
    assert SIGNS[1].word not in daemon.logged


def test_take_in_real_time_emits_the_same_on_the_console_and_over_mqtt(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--jsonl", "--exit-at-end")
    daemon = start_daemon("run", *arguments, settings=mqtt_settings(broker.port))
    listener.wait_for_status("offline")
    assert daemon.wait() == 0
    assert [message.payload for message in listener.on("word")] == [word.to_json() for word in daemon.words()]
    assert len(daemon.words()) == 1
    assert [message.payload for message in listener.on("status")] == ["online", "offline"]


def test_numbering_continues_after_kills(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    arguments = ("run", "--source", one_sign, "--model", bundle_folder)
    for count in range(3):
        daemon = start_daemon(*arguments, settings=mqtt_settings(broker.port))
        listener.wait_until(lambda: len(listener.on("word")) > count)  # noqa: B023  # called at once
        daemon.process.kill()
        listener.wait_for_status("offline")
    seqs = [Word.model_validate_json(message.payload).seq for message in listener.on("word")]
    assert max(seqs) - min(seqs) < 2 * len(set(seqs))  # each utterance takes a number as well
    assert len(seqs) >= 3


def test_paused_daemon_emits_nothing_and_stays_online(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    start_daemon("run", "--source", one_sign, "--model", bundle_folder, settings=mqtt_settings(broker.port))
    listener.wait_for_status("online")
    listener.publish("ishara/entrance/command", "pause")
    listener.wait_until(lambda: bool(listener.on("response")))
    paused_at = len(listener.on("health"))
    count = len(listener.on("word"))
    listener.wait_until(lambda: len(listener.on("health")) >= paused_at + 5)  # seconds, longer than a sign takes
    assert len(listener.on("word")) == count
    health = [Health.model_validate_json(message.payload) for message in listener.on("health")]
    assert health[-1].paused
    assert health[-1].frames == health[paused_at + 1].frames
    listener.publish("ishara/entrance/command", "resume")
    listener.wait_until(lambda: len(listener.on("word")) > count)


def test_configuration_names_source_and_bundle(
    bundle_folder: Path, one_sign: str, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    content = f"device = 'hall'\n[camera]\nsource = '{one_sign}'\n[model]\nfolder = '{bundle_folder}'\n"
    (tmp_path / "edge.toml").write_text(content)
    daemon = start_daemon("run", "--config", "edge.toml", "--jsonl", "--pace", "fast", "--exit-at-end")
    assert [word.device for word in daemon.words()] == ["hall"]


def test_configured_threshold_replaces_that_of_the_bundle(
    bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--jsonl", "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments, settings={"ISHARA_MODEL_THRESHOLD": "1.0"})
    assert daemon.wait() == 0
    assert daemon.words() == []


def test_arabic_is_printed_in_any_locale(bundle_folder: Path, one_sign: str, start_daemon: StartDaemon) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments, settings={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert daemon.wait() == 0
    assert SIGNS[1].word in daemon.printed
    assert SIGNS[1].word_en in daemon.printed


def test_closed_standard_output_causes_no_traceback(bundle_folder: Path, one_sign: str, tmp_path: Path) -> None:
    arguments = ["--source", one_sign, "--model", str(bundle_folder), "--pace", "fast", "--exit-at-end"]
    command = [sys.executable, "-m", "edge", "run", *arguments]
    daemon = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert daemon.stdout is not None
    daemon.stdout.close()
    _, logged = daemon.communicate()
    assert "Traceback" not in logged


def test_daemon_starts_without_the_libraries_for_images() -> None:
    heavy = "('cv2', 'ai_edge_litert', 'mediapipe', 'torch')"
    loaded = f"import sys, edge.__main__; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_daemon_keeps_no_memory_for_what_is_not_configured() -> None:
    unused = "('prometheus_client', 'ai_edge_litert.schema_py_generated')"
    code = f"import sys, edge.app, landmarkers.tracking; print([name for name in {unused} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


# A service's transient user is like this: without HOME, and unknown to the user database.
HOMELESS = """
import os, pwd, sys
def unknown(number): raise KeyError(number)
pwd.getpwuid = unknown
os.environ.pop("HOME", None)
from edge.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def run_homeless(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command, environment = [sys.executable, "-c", HOMELESS, *arguments], {**os.environ, **settings}
    environment.pop("XDG_STATE_HOME", None)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


def test_user_without_a_home_can_run_it(tmp_path: Path, bundle_folder: Path) -> None:
    path = tmp_path / f"one{TAKE_SUFFIX}"
    ONE_SIGN.save(path)
    options = (
        "run",
        "--source",
        f"take:{path}",
        "--model",
        str(bundle_folder),
        "--pace",
        "fast",
        "--exit-at-end",
        "--jsonl",
    )
    answer = run_homeless(*options, STATE_DIRECTORY=str(tmp_path), **mqtt_settings(free_port()))
    assert answer.returncode == 0, answer.stderr
    assert len(printed_words(answer.stdout)) == 1
    answer = run_homeless(*options, **mqtt_settings(free_port()))
    assert (answer.returncode, "Traceback" in answer.stderr) == (2, False)
    assert "this user has no home folder; name a folder with STATE_DIRECTORY" in answer.stderr
