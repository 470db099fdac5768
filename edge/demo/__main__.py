"""`make demo`: real signs through the daemon to words over MQTT, on a machine with neither camera nor broker.

Shipped takes of real test clips are replayed, or the camera or clip that `--source` names is read. The demo fails when
a word that should come does not come over MQTT.
"""

import argparse
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from edge.cameras.source import open_landmarker
from edge.config import SHIPPED_MODEL, ConfigInvalid, MqttConfig, WebConfig
from edge.config.loading import load_config
from edge.demo.broker import embedded_broker
from edge.demo.subscriber import Subscriber
from edge.libraries import LibraryMissing
from edge.recognition.word import Word
from landmarkers.errors import UserError
from landmarkers.factory import LandmarkerUnavailable
from landmarkers.frame import Frame, Image
from landmarkers.layout import Part
from landmarkers.take import TAKE_SUFFIX, Take
from landmarkers.task_bundles import NetworksUnavailable
from models.bundle import BundleRefused, open_bundle

TAKES = Path(__file__).parent / "takes"
DEVICE = "demo"
_ARRIVAL_S = 5.0
_LEAVE_S = 5.0


class DemoFailed(UserError):
    """Something that should work does not; the message says what."""


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description="Signs to words over MQTT.")
    parser.add_argument("--source", default="", help="a camera or clip instead of the shipped takes")
    source = parser.parse_args().source
    try:
        check_landmarker(needed=bool(source))
        with _broker() as broker:
            said, arrived = play(source or f"take:{TAKES}", broker)
        check_words(said, arrived, [] if source else _expected())
    except (BundleRefused, ConfigInvalid, DemoFailed, LandmarkerUnavailable, NetworksUnavailable, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def check_landmarker(*, needed: bool) -> None:
    """Find a person, as the shipped model wants it, in a picture that matplotlib, which MediaPipe needs, ships."""
    manifest = open_bundle(SHIPPED_MODEL).manifest
    try:
        landmarker = open_landmarker(manifest.parts, manifest.landmarker)
    except LibraryMissing as error:
        if needed:
            raise DemoFailed(str(error)) from error
        print(f"{error}\nThe takes below do without it: their landmarks were found before.", flush=True)
        return
    with closing(landmarker):
        frame = Frame(_sample_picture(), 0.0)
        began = time.perf_counter()
        landmarks = landmarker.detect(frame)
        took_ms = (time.perf_counter() - began) * 1000
    if not landmarks.is_visible(Part.POSE):
        raise DemoFailed("the landmark networks run here but find nobody in a picture of a person")
    print(
        f"The landmark networks work on this machine: they found the person in a picture in {took_ms:.0f} ms.",
        flush=True,
    )


def play(source: str, broker: MqttConfig) -> tuple[list[Word], list[Word]]:
    """Run the daemon on the source; the words that it printed and those that came over MQTT."""
    subscriber = Subscriber(broker, DEVICE)
    page = WebConfig(port=_free_port(WebConfig().port))
    print(f"The live page, for as long as the demo runs: {page.url}")
    print(f"Reading {source}. What arrives on ishara/{DEVICE}/word:", flush=True)
    command = [sys.executable, "-m", "edge", "run", "--source", source, "--jsonl", "--exit-at-end"]
    settings = {
        "ISHARA_DEVICE": DEVICE,
        "ISHARA_MQTT_HOST": broker.host,
        "ISHARA_MQTT_PORT": str(broker.port),
        "ISHARA_MQTT_PROTOCOL": broker.protocol,
        "ISHARA_WEB_PORT": str(page.port),
    }
    try:
        # An outbox of its own: words of an earlier demo whose broker was away are not to come in this one.
        with tempfile.TemporaryDirectory() as folder:
            settings["ISHARA_MQTT_OUTBOX"] = str(Path(folder) / "outbox.sqlite3")
            output, errors, code = _run_to_the_end(command, os.environ | settings)
        if code != 0:
            raise DemoFailed(errors.strip().splitlines()[-1].removeprefix("ishara-edge: "))
        said = [Word.model_validate_json(line) for line in output.splitlines()]
        return said, subscriber.wait_for({word.seq for word in said}, _ARRIVAL_S)
    finally:
        subscriber.close()


def _run_to_the_end(command: list[str], environment: dict[str, str]) -> tuple[str, str, int]:
    """Standard output, standard error and exit code of a program; at Ctrl-C, which it gets as well, it may finish."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            output, errors = process.communicate()
        except KeyboardInterrupt:
            output, errors = process.communicate(timeout=_LEAVE_S)
        return output, errors, process.returncode


def check_words(said: list[Word], arrived: list[Word], expected: list[int]) -> None:
    """Hold what arrived against what was said and what was signed. Raises DemoFailed."""
    numbers = {word.seq for word in arrived}
    lost = [word for word in said if word.seq not in numbers]
    if lost:
        raise DemoFailed(f"the daemon said {lost[0].word} ({lost[0].word_en}), but it did not come over MQTT")
    came = [word.sign_id for word in arrived]
    if expected and came != expected:
        raise DemoFailed(f"signs {expected} were signed, but over MQTT came {came}")
    if arrived:
        print(f"{len(arrived)} of {len(said)} words came over MQTT.")
    else:
        print("  no sign was read")


@contextmanager
def _broker() -> Iterator[MqttConfig]:
    """The configured broker or, without one, an embedded one."""
    configured = load_config(None, os.environ, Path(".env")).mqtt
    if configured is not None:
        yield configured
        return
    with embedded_broker() as port:
        yield MqttConfig(host="127.0.0.1", port=port, protocol="3.1.1")


def _free_port(wanted: int) -> int:
    """A port for programs on this machine: the wanted one if nobody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((WebConfig().address, wanted))
        except OSError:
            probe.bind((WebConfig().address, 0))
        port: int = probe.getsockname()[1]
    return port


def _expected() -> list[int]:
    return [Take.load(path).provenance.sign_id or 0 for path in sorted(TAKES.glob(f"*{TAKE_SUFFIX}"))]


def _sample_picture() -> Image:
    import cv2

    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise DemoFailed("matplotlib, which MediaPipe needs, is not installed")
    path = Path(found.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise DemoFailed(f"the sample picture {path} cannot be read")
    return picture.astype(np.uint8, copy=False)


if __name__ == "__main__":
    sys.exit(main())
