"""Another model takes over while a stream is read: no frame, no word, no connection is lost."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.cameras.replay import TakeReplay
from edge.config import CameraConfig, EdgeConfig, ModelConfig
from edge.lifecycle.reload import Plan
from edge.monitoring.frame_rate import FrameRateController
from edge.monitoring.health import Health, PipelineStats
from edge.monitoring.meter import MeteredClassifier
from edge.pipeline import run_pipeline
from edge.recognition.recognition import MAX_SWAP_WAIT_S
from edge.recognition.swap import HotSwap
from edge.recognition.word import StreamClock, Word, WordFactory
from landmarkers.frame import Frame
from landmarkers.take import TAKE_SUFFIX, Take
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.manifest import SpotterSettings
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.service_manager import managing
from tests.edge.test_pipeline import Notebook
from tests.edge.tiny_bundle import PLACES, TITLE, write_bundle
from tests.synthetic_signer import Sign, even_times, take

NEXT_TITLE = "tiny@4"
THREE_SIGNS = take(even_times(30, 6.0), *(Sign(start, start + 1.0, PLACES[1]) for start in (0.5, 2.5, 4.5)))


@pytest.fixture(scope="session")
def next_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same network as the next version of the bundle, with another measure of a raised hand."""
    spotter = SpotterSettings(raise_threshold=0.9)
    return write_bundle(tmp_path_factory.mktemp("bundles") / "next", version=4, spotter=spotter)


def plan(folder: Path, config: EdgeConfig | None = None) -> Plan:
    bundle = open_bundle(folder)
    return Plan(config or EdgeConfig(), bundle, MeteredClassifier(OnnxClassifier(bundle)))


class OfferingCamera:
    """A replay that gives its frames one by one, and offers a plan before one of them."""

    def __init__(self, replay: TakeReplay, at: float, offer: Callable[[], object]) -> None:
        self._replay = replay
        self._at = at
        self._offer = offer

    def frames(self) -> Iterator[Frame]:
        for frame in self._replay.frames():
            if self._at <= frame.time < self._at + 1 / 30:
                self._offer()
            yield frame

    def stop(self) -> None:
        self._replay.stop()


def swap_during(one: Take, at: float, old: Path, new: Path) -> tuple[list[Word], Health, float]:
    """The words of a take during which another model is offered, the health, and the measure of a raised hand."""
    first, second = plan(old), plan(new)
    swap = HotSwap(first, WordFactory(StreamClock(fast=True), model=TITLE, device="hall", threshold=0.6))
    governor, pulse = (
        FrameRateController(first.config.rate, first.bundle.manifest.spotter.raise_threshold),
        PipelineStats(),
    )

    def take_up(new: Plan) -> None:
        governor.raise_threshold = new.bundle.manifest.spotter.raise_threshold

    swap.on_swap(take_up)
    replay, notebook = TakeReplay([one], paced=False), Notebook()
    camera = OfferingCamera(replay, at, lambda: swap.try_swap(second))
    run_pipeline(camera, replay, swap.succession, [notebook], pulse, governor)
    return notebook.words, pulse.health(), governor.raise_threshold


@pytest.mark.parametrize(
    ("at", "titles"),
    [
        (0.0, [NEXT_TITLE, NEXT_TITLE, NEXT_TITLE]),
        (2.0, [TITLE, NEXT_TITLE, NEXT_TITLE]),
        (3.0, [TITLE, TITLE, NEXT_TITLE]),  # while a sign is made, which the old model finishes
        (5.9, [TITLE, TITLE, TITLE]),
    ],
)
def test_every_frame_is_read_and_every_word_said_once_by_the_old_or_the_new_model(
    at: float, titles: list[str], bundle_folder: Path, next_folder: Path
) -> None:
    words, health, raise_threshold = swap_during(THREE_SIGNS, at, bundle_folder, next_folder)
    assert [word.model for word in words] == titles
    assert [word.seq for word in words] == [1, 2, 3]
    assert health.frames == len(THREE_SIGNS)
    assert raise_threshold == 0.9


def test_who_signs_without_a_rest_does_not_hold_the_new_model_off(bundle_folder: Path, next_folder: Path) -> None:
    signs = [Sign(0.5 + number, 1.5 + number, PLACES[number % 3]) for number in range(12)]
    words, _, _ = swap_during(take(even_times(30, 14.0), *signs), 2.0, bundle_folder, next_folder)
    by_new = [word for word in words if word.model == NEXT_TITLE]
    assert words[0].model == TITLE
    assert (by_new[0].ended_at - words[0].started_at).total_seconds() < 2.0 + MAX_SWAP_WAIT_S + 2.0


def test_a_model_alone_is_swapped_and_nothing_else(bundle_folder: Path, next_folder: Path, tmp_path: Path) -> None:
    old = plan(bundle_folder)
    other_landmarks = write_bundle(tmp_path / "other", landmarker="other", version=4)
    assert plan(next_folder).differs_only_in_model(old)
    assert plan(bundle_folder, EdgeConfig(model=ModelConfig(threshold=0.9))).differs_only_in_model(old)
    assert not plan(bundle_folder).differs_only_in_model(old)  # a file that the configuration names may have changed
    assert not plan(other_landmarks).differs_only_in_model(old)
    assert not plan(next_folder, EdgeConfig(camera=CameraConfig(mirror=True))).differs_only_in_model(old)


def test_a_running_daemon_takes_another_model_without_losing_a_frame_or_its_connection(
    broker: Mosquitto,
    listener: Listener,
    bundle_folder: Path,
    next_folder: Path,
    start_daemon: StartDaemon,
    tmp_path: Path,
) -> None:
    signs = [Sign(0.5 + start, 1.3 + start, PLACES[1]) for start in range(0, 10, 2)]
    one = take(even_times(30, 10.0), *signs)
    one.save(tmp_path / f"one{TAKE_SUFFIX}")
    configuration = tmp_path / "edge.toml"
    section = f"[mqtt]\nhost = '127.0.0.1'\nport = {broker.port}\n[model]\nfolder = "
    configuration.write_text(f"{section}'{bundle_folder}'\n")
    with managing(tmp_path) as manager:
        arguments = ("run", "--config", configuration, "--source", f"take:one{TAKE_SUFFIX}", "--exit-at-end")
        daemon = start_daemon(*arguments, settings={"NOTIFY_SOCKET": str(manager.path)})
        listener.wait_until(lambda: bool(listener.on("word")))
        configuration.write_text(f"{section}'{next_folder}'\n")
        daemon.process.send_signal(signal.SIGHUP)
        assert daemon.wait() == 0
        assert manager.values("READY") == ["1", "1"]
    listener.wait_for_status("offline")
    words = [Word.model_validate_json(heard.payload) for heard in listener.on("word")]
    assert [word.seq for word in words] == list(range(1, len(signs) + 1))
    assert {TITLE, NEXT_TITLE} == {word.model for word in words}
    assert sorted(words, key=lambda word: word.model) == words  # once the new one reads, the old one says no more
    assert [f"tiny@{json.loads(heard.payload)['version']}" for heard in listener.on("model")] == [TITLE, NEXT_TITLE]
    assert [heard.payload for heard in listener.on("status")] == ["online", "offline"]
    assert broker.log.count("as ishara-ishara") == 1
    left = next(line for line in daemon.logged.splitlines() if "leaving: " in line)
    health = Health.model_validate_json(left.partition("leaving: ")[2])
    assert (health.frames, health.words, health.model) == (len(one), len(signs), NEXT_TITLE)
