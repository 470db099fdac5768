import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.monitoring.frame_rate import Rate
from edge.monitoring.health import Health
from edge.recognition.word import Word
from landmarkers.take import TAKE_SUFFIX, Provenance
from landmarkers.tracking import FINGERPRINT
from models.manifest import SpotterSettings
from tests.edge.clips import network_camera, write_clip
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import Daemon
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.ports import free_port
from tests.edge.tiny_bundle import PLACES, SIGNS, TITLE, write_bundle
from tests.synthetic_signer import Sign, even_times, take

LEAVE_S = 2.0
ONE = f"one{TAKE_SUFFIX}"
ONE_SIGN = take(even_times(30, 3.0), Sign(0.5, 1.5, PLACES[1]))
LONG_SIGN = take(even_times(30, 25.0), Sign(0.2, 25.0, PLACES[2]))


@pytest.fixture
def one_sign(tmp_path: Path) -> str:
    """The source in which one sign is made."""
    ONE_SIGN.save(tmp_path / ONE)
    return f"take:{ONE}"


@pytest.fixture(scope="module")
def patient_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle that waits half a minute for the end of a sign."""
    return write_bundle(tmp_path_factory.mktemp("patient"), spotter=SpotterSettings(max_duration_s=30.0))


@pytest.fixture(scope="module")
def camera_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle, as if made for the landmarks that this machine finds in pictures."""
    return write_bundle(tmp_path_factory.mktemp("camera"), landmarker=FINGERPRINT)


def settings_for(port: int) -> dict[str, str]:
    return {
        "ISHARA_MQTT_HOST": "127.0.0.1",
        "ISHARA_MQTT_PORT": str(port),
        "ISHARA_DEVICE": "entrance",
        "ISHARA_HEALTH_EVERY_S": "1",
    }


def frames_counted(listener: Listener) -> int:
    """How many frames the daemon says that it has seen."""
    return max((Health.model_validate_json(heard.payload).frames for heard in listener.on("health")), default=0)


def hot_health(listener: Listener) -> list[Health]:
    """What the daemon said of itself while it was hot."""
    told = [Health.model_validate_json(heard.payload) for heard in listener.on("health")]
    return [health for health in told if health.rate is Rate.HOT]


def refusal(daemon: Daemon) -> str:
    """The one sentence with which the daemon refuses to run."""
    assert daemon.wait() == 2
    assert daemon.words() == []
    assert "Traceback" not in daemon.logged
    sentences = [line for line in daemon.logged.splitlines() if line.startswith("ishara-edge: ")]
    assert len(sentences) == 1
    return sentences[0]


def test_a_take_played_fast_prints_its_word(bundle_folder: Path, one_sign: str, start_daemon: StartDaemon) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--jsonl", "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments)
    assert daemon.wait() == 0
    (word,) = daemon.words()
    assert (word.seq, word.word, word.model, word.device) == (1, SIGNS[1].word, TITLE, "ishara")


def test_a_take_at_its_own_pace_says_the_same_on_the_console_and_over_mqtt(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--jsonl", "--exit-at-end")
    daemon = start_daemon("run", *arguments, settings=settings_for(broker.port))
    listener.wait_for_status("offline")
    assert daemon.wait() == 0
    assert [heard.payload for heard in listener.on("word")] == [word.to_json() for word in daemon.words()]
    assert len(daemon.words()) == 1
    assert [heard.payload for heard in listener.on("status")] == ["online", "offline"]


def test_numbers_go_on_and_words_come_once_though_the_daemon_is_killed(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    arguments = ("run", "--source", one_sign, "--model", bundle_folder)
    for said in range(3):
        daemon = start_daemon(*arguments, settings=settings_for(broker.port))
        listener.wait_until(lambda: len(listener.on("word")) > said)  # noqa: B023  # called at once
        daemon.process.kill()
        listener.wait_for_status("offline")
    seqs = [Word.model_validate_json(heard.payload).seq for heard in listener.on("word")]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) >= 3


def test_a_paused_daemon_says_nothing_and_stays_online(
    broker: Mosquitto, listener: Listener, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    start_daemon("run", "--source", one_sign, "--model", bundle_folder, settings=settings_for(broker.port))
    listener.wait_for_status("online")
    listener.publish("ishara/entrance/command", "pause")
    listener.wait_until(lambda: bool(listener.on("response")))
    paused_at = len(listener.on("health"))
    said = len(listener.on("word"))
    listener.wait_until(lambda: len(listener.on("health")) >= paused_at + 5)  # seconds, longer than a sign takes
    assert len(listener.on("word")) == said
    health = [Health.model_validate_json(heard.payload) for heard in listener.on("health")]
    assert health[-1].paused
    assert health[-1].frames == health[paused_at + 1].frames
    listener.publish("ishara/entrance/command", "resume")
    listener.wait_until(lambda: len(listener.on("word")) > said)


def test_the_configuration_names_source_and_bundle(
    bundle_folder: Path, one_sign: str, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    content = f"device = 'hall'\n[camera]\nsource = '{one_sign}'\n[model]\nfolder = '{bundle_folder}'\n"
    (tmp_path / "edge.toml").write_text(content)
    daemon = start_daemon("run", "--config", "edge.toml", "--jsonl", "--pace", "fast", "--exit-at-end")
    assert [word.device for word in daemon.words()] == ["hall"]


def test_the_configured_threshold_replaces_the_bundles_own(
    bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--jsonl", "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments, settings={"ISHARA_MODEL_THRESHOLD": "1.0"})
    assert daemon.wait() == 0
    assert daemon.words() == []


def test_arabic_is_printed_for_people_whatever_the_locale(
    bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder, "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments, settings={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert daemon.wait() == 0
    assert SIGNS[1].word in daemon.printed
    assert SIGNS[1].word_en in daemon.printed


def test_a_reader_that_leaves_early_gets_no_traceback_in_its_terminal(
    bundle_folder: Path, one_sign: str, tmp_path: Path
) -> None:
    arguments = ["--source", one_sign, "--model", str(bundle_folder), "--pace", "fast", "--exit-at-end"]
    command = [sys.executable, "-m", "edge", "run", *arguments]
    daemon = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert daemon.stdout is not None
    daemon.stdout.close()
    _, logged = daemon.communicate()
    assert "Traceback" not in logged


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_sign_in_hand_says_offline_and_leaves_in_time(
    number: signal.Signals,
    broker: Mosquitto,
    listener: Listener,
    patient_bundle: Path,
    start_daemon: StartDaemon,
    tmp_path: Path,
) -> None:
    LONG_SIGN.save(tmp_path / f"long{TAKE_SUFFIX}")
    arguments = ("--source", f"take:long{TAKE_SUFFIX}", "--model", patient_bundle, "--jsonl")
    daemon = start_daemon("run", *arguments, settings=settings_for(broker.port))
    listener.wait_until(lambda: frames_counted(listener) > 20)
    assert daemon.seconds_to_leave(number) < LEAVE_S
    assert daemon.wait() == 0
    listener.wait_for_status("offline")
    assert [word.word for word in daemon.words()] == [SIGNS[2].word]
    assert [heard.payload for heard in listener.on("word")] == [word.to_json() for word in daemon.words()]
    assert "Traceback" not in daemon.logged


def test_a_signal_is_obeyed_in_time_while_the_broker_is_away(
    patient_bundle: Path, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    LONG_SIGN.save(tmp_path / f"long{TAKE_SUFFIX}")
    arguments = ("--source", f"take:long{TAKE_SUFFIX}", "--model", patient_bundle, "--jsonl")
    daemon = start_daemon("run", *arguments, settings=settings_for(free_port()))
    daemon.wait_for_log("cannot be reached")
    daemon.wait_for_log(" reads ")
    assert daemon.seconds_to_leave(signal.SIGTERM) < LEAVE_S
    assert daemon.wait() == 0


def test_a_signal_is_obeyed_in_time_while_a_network_camera_keeps_silent(
    camera_bundle: Path, start_daemon: StartDaemon
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        daemon = start_daemon("run", "--source", address, "--model", camera_bundle)
        daemon.wait_for_log(" reads ")
        assert daemon.seconds_to_leave(signal.SIGTERM) < LEAVE_S
        assert daemon.wait() == 0


def test_a_signal_while_a_network_camera_gives_pictures_ends_cleanly(
    camera_bundle: Path, start_daemon: StartDaemon
) -> None:
    with network_camera(free_port(), seconds=60) as address:
        daemon = start_daemon("run", "--source", address, "--model", camera_bundle)
        daemon.wait_for_log(" reads ")
        time.sleep(2.0)
        assert daemon.seconds_to_leave(signal.SIGTERM) < LEAVE_S
        assert daemon.wait() == 0
        assert daemon.logged.splitlines()[-1].startswith("INFO leaving: ")


def test_one_daemon_outlives_the_loss_of_its_camera_and_logs_loss_and_return_once_each(
    camera_bundle: Path, broker: Mosquitto, listener: Listener, start_daemon: StartDaemon
) -> None:
    port = free_port()
    source = ("--source", f"http://user:secret@127.0.0.1:{port}/")
    with network_camera(port, seconds=120):
        daemon = start_daemon("run", *source, "--model", camera_bundle, settings=settings_for(broker.port))
        listener.wait_until(lambda: frames_counted(listener) > 0)
    daemon.wait_for_log("retrying")
    with network_camera(port, seconds=120):
        daemon.wait_for_log("/ is back")
        before = frames_counted(listener)
        listener.wait_until(lambda: frames_counted(listener) > before)
        assert daemon.seconds_to_leave(signal.SIGTERM) < LEAVE_S
    assert daemon.wait() == 0
    told = [line for line in daemon.logged.splitlines() if not line.startswith("INFO ")]
    camera = f"WARNING the camera http://127.0.0.1:{port}/"
    assert told == [f"{camera} delivers no more images; retrying until it is back", f"{camera} is back"]
    assert "secret" not in daemon.logged


def test_a_device_that_is_slowed_down_for_its_heat_says_so_and_looks_at_fewer_frames(
    camera_bundle: Path,
    broker: Mosquitto,
    listener: Listener,
    start_daemon: StartDaemon,
    tmp_path: Path,
) -> None:
    vcgencmd = tmp_path / "vcgencmd"
    vcgencmd.write_text('#!/bin/sh\n[ "$1" = get_throttled ] && echo throttled=0xe0006\n')
    vcgencmd.chmod(0o755)
    write_clip(tmp_path / "nobody.mp4", frames=300, rate=30.0)
    settings = settings_for(broker.port) | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "ISHARA_RATE_MEASURE_EVERY_S": "1",
    }
    daemon = start_daemon("run", "--source", "nobody.mp4", "--model", camera_bundle, settings=settings)
    daemon.wait_for_log("the processor is throttled")
    listener.wait_until(lambda: len(hot_health(listener)) > 0)
    assert hot_health(listener)[0].throttled


def test_a_clip_that_ends_ends_the_daemon(camera_bundle: Path, start_daemon: StartDaemon, tmp_path: Path) -> None:
    write_clip(tmp_path / "nobody.mp4")
    arguments = ("--source", "nobody.mp4", "--model", camera_bundle, "--jsonl", "--pace", "fast", "--exit-at-end")
    daemon = start_daemon("run", *arguments)
    assert daemon.wait() == 0
    assert daemon.words() == []
    assert '"frames":10' in daemon.logged


def test_a_source_that_ended_is_started_again_unless_told_otherwise(
    bundle_folder: Path, one_sign: str, broker: Mosquitto, listener: Listener, start_daemon: StartDaemon
) -> None:
    start_daemon("run", "--source", one_sign, "--model", bundle_folder, settings=settings_for(broker.port))
    listener.wait_until(lambda: len(listener.on("word")) > 1 or len(listener.on("status")) > 1)
    assert [heard.payload for heard in listener.on("status")] == ["online"]


def test_a_clip_that_is_damaged_is_refused(camera_bundle: Path, start_daemon: StartDaemon, tmp_path: Path) -> None:
    (tmp_path / "damaged.mp4").write_bytes(b"no video")
    daemon = start_daemon("run", "--source", "damaged.mp4", "--model", camera_bundle, "--exit-at-end")
    assert "damaged.mp4 cannot be read as video" in refusal(daemon)


def test_a_camera_that_is_not_there_is_refused_when_it_is_not_to_be_waited_for(
    camera_bundle: Path, start_daemon: StartDaemon
) -> None:
    daemon = start_daemon("run", "--source", "/dev/no-such-camera", "--model", camera_bundle, "--exit-at-end")
    assert "/dev/no-such-camera cannot be opened" in refusal(daemon)


def test_a_bundle_of_other_landmarks_is_refused(bundle_folder: Path, start_daemon: StartDaemon, tmp_path: Path) -> None:
    other = take(even_times(30, 1.0), provenance=Provenance(clip="made-up", landmarker="others"))
    other.save(tmp_path / f"other{TAKE_SUFFIX}")
    sentence = refusal(start_daemon("run", "--source", f"take:other{TAKE_SUFFIX}", "--model", bundle_folder))
    assert f"{TITLE} was trained on landmarks of made-up, not of others" in sentence


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx"])
def test_a_damaged_bundle_is_refused(
    name: str, bundle_folder: Path, one_sign: str, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(bundle_folder, damaged)
    (damaged / name).write_bytes((damaged / name).read_bytes()[:-10])
    assert name in refusal(start_daemon("run", "--source", one_sign, "--model", damaged))


def test_a_folder_that_is_no_bundle_is_refused(one_sign: str, start_daemon: StartDaemon) -> None:
    assert "no-bundle is no bundle" in refusal(start_daemon("run", "--source", one_sign, "--model", "no-bundle"))


def test_a_source_that_is_nothing_is_refused(bundle_folder: Path, start_daemon: StartDaemon) -> None:
    daemon = start_daemon("run", "--source", "nothing.mp4", "--model", bundle_folder)
    assert "there is no source nothing.mp4" in refusal(daemon)


def test_a_password_file_that_is_not_there_is_refused(
    bundle_folder: Path, one_sign: str, start_daemon: StartDaemon
) -> None:
    settings = settings_for(1883) | {"ISHARA_MQTT_USERNAME": "u", "ISHARA_MQTT_PASSWORD_FILE": "missing"}
    daemon = start_daemon("run", "--source", one_sign, "--model", bundle_folder, settings=settings)
    assert "mqtt.password_file missing cannot be read" in refusal(daemon)


def test_an_unknown_key_is_refused(start_daemon: StartDaemon) -> None:
    assert "there is no key nonsense" in refusal(start_daemon("run", settings={"ISHARA_NONSENSE": "1"}))


@pytest.mark.parametrize("arguments", [["run", "--dance"], ["run", "--pace", "slow"], []])
def test_an_unknown_option_is_refused(arguments: list[str], start_daemon: StartDaemon) -> None:
    daemon = start_daemon(*arguments)
    assert daemon.wait() == 2
    assert "Traceback" not in daemon.logged
    assert "error: " in daemon.logged.splitlines()[-1]


def test_the_daemon_starts_without_what_only_pictures_need() -> None:
    heavy = "('cv2', 'ai_edge_litert', 'mediapipe', 'torch')"
    loaded = f"import sys, edge.__main__; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


# As a service's passing user is: without HOME, and unknown to the user data base.
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


def test_a_user_without_a_home_can_run_it(tmp_path: Path, bundle_folder: Path) -> None:
    source = f"take:{tmp_path / ONE}"
    ONE_SIGN.save(tmp_path / ONE)
    options = ("run", "--source", source, "--model", str(bundle_folder), "--pace", "fast", "--exit-at-end", "--jsonl")
    answer = run_homeless(*options, STATE_DIRECTORY=str(tmp_path), **settings_for(free_port()))
    assert answer.returncode == 0, answer.stderr
    assert len(answer.stdout.splitlines()) == 1
    answer = run_homeless(*options, **settings_for(free_port()))
    assert (answer.returncode, "Traceback" in answer.stderr) == (2, False)
    assert "this user has no home folder; name a folder with STATE_DIRECTORY" in answer.stderr
