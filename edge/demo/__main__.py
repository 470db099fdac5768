"""`make demo`: real signs through the daemon to words over MQTT, on a machine with neither camera nor broker.

Replays shipped takes of real test clips, or reads the camera or clip that `--source` names. The demo fails when an
expected word does not arrive over MQTT.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from edge.cameras.source import open_landmarker
from edge.config import SHIPPED_MODEL, MqttConfig, WebConfig
from edge.config.loading import load_config
from edge.demo.broker import embedded_broker
from edge.demo.ports import find_free_port
from edge.demo.subscriber import Subscriber
from edge.libraries import LibraryMissing
from edge.recognition.word import Word
from edge.redaction import redact_source
from edge.utterances.utterance import NumberedEvent
from landmarkers.errors import UserError
from landmarkers.frame import Frame, Image
from landmarkers.layout import Part
from landmarkers.take import TAKE_SUFFIX, Take
from models.bundle import open_bundle

TAKES: Final = Path(__file__).parent / "takes"
DEVICE: Final = "demo"
_EVENT: Final[TypeAdapter[NumberedEvent]] = TypeAdapter(NumberedEvent)
_ARRIVAL_S: Final = 5.0
_EXIT_S: Final = 5.0


class DemoFailed(UserError):
    """Something that should work does not; the message says what."""


def main() -> int:
    """Run the demo and return the exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description="Signs to words over MQTT.")
    parser.add_argument("--source", default="", help="a camera or clip instead of the shipped takes")
    source = parser.parse_args().source
    try:
        check_landmarker(required=bool(source))
        with _broker() as broker:
            emitted, received = run_daemon(source or f"take:{TAKES}", broker)
        check_words(emitted, received, [] if source else _expected_signs())
    except (UserError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def check_landmarker(*, required: bool) -> None:
    """Detect the person in a sample image with the landmarker of the shipped model. Raises DemoFailed."""
    manifest = open_bundle(SHIPPED_MODEL).manifest
    try:
        landmarker = open_landmarker(manifest.parts, manifest.landmarker)
    except LibraryMissing as error:
        if required:
            raise DemoFailed(str(error)) from error
        print(f"{error}\nThe takes below do not need it: they hold landmarks.", flush=True)
        return
    with closing(landmarker):
        frame = Frame(_sample_image(), 0.0)
        began = time.perf_counter()
        landmarks = landmarker.detect(frame)
        took_ms = (time.perf_counter() - began) * 1000
    if not landmarks.is_visible(Part.POSE):
        raise DemoFailed("the landmark networks run on this machine but find nobody in an image of a person")
    print(
        f"The landmark networks work on this machine: they found the person in an image in {took_ms:.0f} ms.",
        flush=True,
    )


def run_daemon(source: str, broker: MqttConfig) -> tuple[list[Word], list[Word]]:
    """Run the daemon on the source; return the words that it printed and those received over MQTT."""
    subscriber = Subscriber(broker, DEVICE)
    defaults = WebConfig()
    page = WebConfig(port=find_free_port(defaults.port, defaults.address))
    print(f"The live page, for as long as the demo runs: {page.url}")
    print(f"Reading {redact_source(source)}. Messages on ishara/{DEVICE}/word and, after =, ishara/{DEVICE}/utterance:")
    command = [sys.executable, "-m", "edge", "run", "--jsonl", "--exit-at-end"]
    settings = {
        "ISHARA_CAMERA_SOURCE": source,  # no argument: everybody on a machine may read command lines
        "ISHARA_DEVICE": DEVICE,
        "ISHARA_MQTT_HOST": broker.host,
        "ISHARA_MQTT_PORT": str(broker.port),
        "ISHARA_MQTT_PROTOCOL": broker.protocol,
        "ISHARA_WEB_PORT": str(page.port),
    }
    try:
        # An outbox of its own: words of an earlier demo whose broker was absent must not arrive in this one.
        with tempfile.TemporaryDirectory() as folder:
            settings["ISHARA_MQTT_OUTBOX"] = str(Path(folder) / "outbox.sqlite3")
            output, errors, code = _run_to_the_end(command, os.environ | settings)
        if code != 0:
            raise DemoFailed(errors.strip().splitlines()[-1].removeprefix("ishara-edge: "))
        events = [_EVENT.validate_json(line) for line in output.splitlines()]
        received = subscriber.wait_for({event.seq for event in events}, _ARRIVAL_S)
        return [event for event in events if isinstance(event, Word)], received
    finally:
        subscriber.close()


def _run_to_the_end(command: list[str], environment: dict[str, str]) -> tuple[str, str, int]:
    """Return standard output, standard error and exit code of a program; it may finish after Ctrl-C, which it gets."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            output, errors = process.communicate()
        except KeyboardInterrupt:
            output, errors = process.communicate(timeout=_EXIT_S)
        return output, errors, process.returncode


def check_words(emitted: list[Word], received: list[Word], expected: list[int]) -> None:
    """Compare the received words with the emitted ones and their signs with the expected ones. Raises DemoFailed."""
    seqs = {word.seq for word in received}
    lost = [word for word in emitted if word.seq not in seqs]
    if lost:
        raise DemoFailed(f"the daemon emitted {lost[0].word} ({lost[0].word_en}), but it did not arrive over MQTT")
    signs = [word.sign_id for word in received]
    if expected and signs != expected:
        raise DemoFailed(f"signs {expected} were signed, but {signs} arrived over MQTT")
    if received:
        print(f"{len(received)} of {len(emitted)} words arrived over MQTT.")
    else:
        print("  no sign was recognised")


@contextmanager
def _broker() -> Iterator[MqttConfig]:
    """Yield the configured broker or, without one, an embedded one."""
    configured = load_config(None, os.environ, Path(".env")).mqtt
    if configured is not None:
        yield configured
        return
    with embedded_broker() as port:
        yield MqttConfig(host="127.0.0.1", port=port, protocol="3.1.1")


def _expected_signs() -> list[int]:
    return [Take.load(path).provenance.sign_id or 0 for path in sorted(TAKES.glob(f"*{TAKE_SUFFIX}"))]


def _sample_image() -> Image:
    """Read an image of a person that matplotlib, which MediaPipe needs, ships. Raises DemoFailed."""
    import cv2

    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise DemoFailed("matplotlib, which MediaPipe needs, is not installed; pip install 'ishara[demo]'")
    path = Path(found.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise DemoFailed(f"the sample image {path} cannot be read; install matplotlib again")
    return image.astype(np.uint8, copy=False)


if __name__ == "__main__":
    sys.exit(main())
