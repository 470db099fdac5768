"""`make demo`: a tour from real signs to words over MQTT, on a machine with neither camera nor broker.

Replays shipped takes of real test clips, or reads the camera or clip that `--source` names. The demo fails when an
expected word or utterance does not arrive over MQTT.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from edge.config import MqttConfig, SpeechConfig, WebConfig
from edge.config.loading import load_config
from edge.demo.broker import embedded_broker
from edge.demo.captions import draw_captions
from edge.demo.daemon import Daemon, DemoFailed
from edge.demo.landmarks import check_landmarker
from edge.demo.ports import find_free_port
from edge.demo.subscriber import Subscriber
from edge.demo.tour import Scene, scenes, write_source
from edge.diagnostics.finding import State
from edge.doctor.speech import check_speech
from edge.recognition.word import Word
from edge.redaction import redact_source
from edge.utterances.utterance import Utterance
from landmarkers.errors import UserError

DEVICE: Final = "demo"
_ARRIVAL_S: Final = 5.0
_TOUR_S: Final = 180.0
_NEXT: Final = """
What to do next:
  make demo SOURCE=/dev/video0               sign into a camera of this machine
  .venv/bin/ishara-edge doctor               check this machine, with a remedy for each fault
  .venv/bin/ishara-edge run --source FILE    read a clip, and print its words
  docs/getting-started.md                    set up a device: a board, a camera and a screen
  docs/teaching.md                           teach it a sign of your own"""


def main() -> int:
    """Run the demo and return the exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description="Signs to words over MQTT.")
    parser.add_argument("--source", default="", help="a camera or clip instead of the shipped takes")
    source = parser.parse_args().source
    try:
        print(check_landmarker(required=bool(source)), flush=True)
        with _broker() as broker, tempfile.TemporaryDirectory() as folder:
            if source:
                read_source(source, broker, Path(folder))
            else:
                lead_through(scenes(), broker, Path(folder))
    except KeyboardInterrupt:
        return 1
    except (UserError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def read_source(source: str, broker: MqttConfig, folder: Path) -> None:
    """Print the words of a camera or clip until it ends. Raises DemoFailed."""
    page = _free_page()
    print(f"The live page, for as long as the demo runs: {page.url}")
    print(f"Reading {redact_source(source)}. Messages on ishara/{DEVICE}/word and, after =, ishara/{DEVICE}/utterance:")
    subscriber = Subscriber(broker, DEVICE)
    try:
        with Daemon(_environment(source, broker, page, folder), exit_at_end=True) as daemon:
            daemon.wait_for_end()
            check_words(_words(daemon), _received(subscriber, daemon), [])
    finally:
        subscriber.close()


def lead_through(tour: Sequence[Scene], broker: MqttConfig, folder: Path) -> None:
    """Lead through the scenes, check that all of them arrive, and show the captions. Raises DemoFailed."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    takes = folder / "takes"
    takes.mkdir()
    write_source(takes, tour)
    page, speaks = _free_page(), check_speech(SpeechConfig()).state is State.OK
    print(f"\nOpen {page.url} in a browser to watch: skeleton, words, dictionary, and your own camera.")
    voice = "Each line after = is also said aloud." if speaks else "There is no voice on this machine, so only text."
    print(f"The signs are recorded ones of real signers, and it takes a minute. {voice}")
    print(f"Each word is a message on ishara/{DEVICE}/word, and each line after = one on ishara/{DEVICE}/utterance.")
    environment = _environment(f"take:{takes}", broker, page, folder)
    subscriber = Subscriber(broker, DEVICE)
    try:
        with Daemon(environment | (_SPEECH if speaks else {}), exit_at_end=not is_terminal) as daemon:
            for number, scene in enumerate(tour, 1):
                print(f"\n{number}. {scene.announcement}", flush=True)
                daemon.wait_for_utterances(number, _TOUR_S)
                subscriber.wait_for({event.seq for event in daemon.events}, _ARRIVAL_S)
            if not is_terminal:
                daemon.wait_for_end()
            expected = [sign for scene in tour for sign in scene.signs]
            received = _received(subscriber, daemon)
            check_words(_words(daemon)[: len(expected)], received[: len(expected)], expected)
            check_utterances([event.text for event in daemon.events if isinstance(event, Utterance)], tour)
            print(
                f"\n{len(tour) + 1}. The captions of a device's screen, as a picture: {draw_captions(received, tour)}"
            )
            print(_NEXT)
            subscriber.close()  # what is repeated now would push this off the screen
            if is_terminal:
                _wait_for_enter(page)
    finally:
        subscriber.close()


_SPEECH: Final = {"ISHARA_SPEECH_SAYS": "utterances"}


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
        print(f"\n{len(received)} of {len(emitted)} words arrived over MQTT.")
    else:
        print("  no sign was recognised")


def check_utterances(texts: Sequence[str], tour: Sequence[Scene]) -> None:
    """Check that each scene has become its utterance. Raises DemoFailed."""
    for scene, text in zip(tour, texts, strict=False):
        if scene.text not in ("", text):
            raise DemoFailed(f"{scene.text!r} was signed, but the utterance is {text!r}")
    if len(texts) < len(tour):
        raise DemoFailed(f"{len(tour)} utterances were signed, but there are {len(texts)}")


def _words(daemon: Daemon) -> list[Word]:
    return [event for event in daemon.events if isinstance(event, Word)]


def _received(subscriber: Subscriber, daemon: Daemon) -> list[Word]:
    return subscriber.wait_for({event.seq for event in daemon.events}, _ARRIVAL_S)


def _free_page() -> WebConfig:
    defaults = WebConfig()
    return WebConfig(port=find_free_port(defaults.port, defaults.address))


def _environment(source: str, broker: MqttConfig, page: WebConfig, folder: Path) -> dict[str, str]:
    settings: Mapping[str, str] = {
        "ISHARA_CAMERA_SOURCE": source,  # no argument: everybody on a machine may read command lines
        "ISHARA_DEVICE": DEVICE,
        "ISHARA_MQTT_HOST": broker.host,
        "ISHARA_MQTT_PORT": str(broker.port),
        "ISHARA_MQTT_PROTOCOL": broker.protocol,
        "ISHARA_WEB_PORT": str(page.port),
        # An outbox of its own: words of an earlier demo whose broker was absent must not arrive in this one.
        "ISHARA_MQTT_OUTBOX": str(folder / "outbox.sqlite3"),
    }
    return {**os.environ, **settings}


def _wait_for_enter(page: WebConfig) -> None:
    print(f"\nThe signs are repeated on {page.url} until you press Enter.", flush=True)
    try:
        input()
    except (EOFError, KeyboardInterrupt):
        return


@contextmanager
def _broker() -> Iterator[MqttConfig]:
    """Yield the configured broker or, without one, an embedded one."""
    configured = load_config(None, os.environ, Path(".env")).mqtt
    if configured is not None:
        yield configured
        return
    with embedded_broker() as port:
        yield MqttConfig(host="127.0.0.1", port=port, protocol="3.1.1")


if __name__ == "__main__":
    sys.exit(main())
