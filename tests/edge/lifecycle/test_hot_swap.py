"""Tests that swapping the model of a running stream loses no frame, no word and no connection."""

import json
import signal
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from edge.cameras.replay import TakeReplay
from edge.config import CameraConfig, EdgeConfig, ModelConfig
from edge.conversation import Conversation
from edge.lifecycle.hot_swap import HotSwap
from edge.lifecycle.plan import Plan
from edge.monitoring.frame_rate import FrameRateController
from edge.monitoring.health import Health, PipelineStats
from edge.monitoring.meter import MeteredClassifier
from edge.pipeline import run_pipeline
from edge.recognition.model_slot import MAX_SWAP_WAIT_S, ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, Word, WordFactory
from landmarkers.frame import Frame
from landmarkers.take import TAKE_SUFFIX, Take
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.manifest import SpotterSettings
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.service_manager import managing
from tests.edge.test_pipeline import RecordingSink
from tests.edge.tiny_bundle import PLACES, TITLE, write_bundle
from tests.synthetic_signer import Sign, even_times, take

NEXT_TITLE = "tiny@4"
THREE_SIGNS = take(even_times(30, 6.0), *(Sign(start, start + 1.0, PLACES[1]) for start in (0.5, 2.5, 4.5)))


@pytest.fixture(scope="session")
def next_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the next version of the bundle: the same network with another threshold of a raised hand."""
    spotter = SpotterSettings(raise_threshold=0.9)
    return write_bundle(tmp_path_factory.mktemp("bundles") / "next", version=4, spotter=spotter)


def plan(folder: Path, config: EdgeConfig | None = None) -> Plan:
    bundle = open_bundle(folder)
    return Plan(config or EdgeConfig(), bundle, MeteredClassifier(OnnxClassifier(bundle)))


def swap_before(frames: Iterable[Frame], at: float, swap: Callable[[], object]) -> Iterator[Frame]:
    """Yield all frames, and swap before one of them."""
    for frame in frames:
        if at <= frame.time < at + 1 / 30:
            swap()
        yield frame


def swap_during(one: Take, at: float, old: Path, new: Path) -> tuple[list[Word], Health, float]:
    """Return the words of a take during which the model is swapped, the health, and the threshold of a raised hand."""
    first, second = plan(old), plan(new)
    words = WordFactory(StreamClock(fast=True), model=TITLE, device="hall", threshold=0.6)
    controller = FrameRateController(first.config.rate, first.bundle.manifest.spotter.raise_threshold)
    stats = PipelineStats()
    recogniser = Recogniser(ModelStages.of(first.bundle, first.classifier, words), stats.timed)
    swap = HotSwap(first, recogniser, words)

    def use_threshold(new: Plan) -> None:
        controller.raise_threshold = new.bundle.manifest.spotter.raise_threshold

    swap.on_swap(use_threshold)
    replay, sink = TakeReplay([one], paced=False), RecordingSink()
    frames = swap_before(replay.frames(), at, lambda: swap.try_swap(second))
    run_pipeline(frames, replay, recogniser, Conversation([sink], words), observers=[controller], stats=stats)
    return sink.words, stats.health(), controller.raise_threshold


@pytest.mark.parametrize(
    ("at", "titles"),
    [
        (0.0, [NEXT_TITLE, NEXT_TITLE, NEXT_TITLE]),
        (2.0, [TITLE, NEXT_TITLE, NEXT_TITLE]),
        (3.0, [TITLE, TITLE, NEXT_TITLE]),  # during a sign, which the old model finishes
        (5.9, [TITLE, TITLE, TITLE]),
    ],
)
def test_every_frame_is_processed_and_every_word_emitted_once_by_the_old_or_the_new_model(
    at: float, titles: list[str], bundle_folder: Path, next_folder: Path
) -> None:
    words, health, raise_threshold = swap_during(THREE_SIGNS, at, bundle_folder, next_folder)
    assert [word.model for word in words] == titles
    assert [word.seq for word in words] == [1, 2, 3]
    assert health.frames == len(THREE_SIGNS)
    assert raise_threshold == 0.9


def test_signing_without_a_pause_does_not_delay_the_swap_for_ever(bundle_folder: Path, next_folder: Path) -> None:
    signs = [Sign(0.5 + number, 1.5 + number, PLACES[number % 3]) for number in range(12)]
    words, _, _ = swap_during(take(even_times(30, 14.0), *signs), 2.0, bundle_folder, next_folder)
    by_new = [word for word in words if word.model == NEXT_TITLE]
    assert words[0].model == TITLE
    assert (by_new[0].ended_at - words[0].started_at).total_seconds() < 2.0 + MAX_SWAP_WAIT_S + 2.0


def test_only_a_change_of_the_model_alone_is_swapped(bundle_folder: Path, next_folder: Path, tmp_path: Path) -> None:
    old = plan(bundle_folder)
    other_landmarks = write_bundle(tmp_path / "other", landmarker="other", version=4)
    assert plan(next_folder).differs_only_in_model(old)
    assert plan(bundle_folder, EdgeConfig(model=ModelConfig(threshold=0.9))).differs_only_in_model(old)
    assert not plan(bundle_folder).differs_only_in_model(old)  # a file that the configuration names may have changed
    assert not plan(other_landmarks).differs_only_in_model(old)
    assert not plan(next_folder, EdgeConfig(camera=CameraConfig(mirror=True))).differs_only_in_model(old)


def test_running_daemon_swaps_its_model_without_losing_a_frame_or_its_connection(
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
    words = [Word.model_validate_json(message.payload) for message in listener.on("word")]
    assert len(words) == len(signs)
    assert all(one.seq < other.seq for one, other in pairwise(words))  # utterances have the numbers between them
    assert {TITLE, NEXT_TITLE} == {word.model for word in words}
    assert sorted(words, key=lambda word: word.model) == words  # after the swap the old model emits nothing
    assert [f"tiny@{json.loads(message.payload)['version']}" for message in listener.on("model")] == [TITLE, NEXT_TITLE]
    assert [message.payload for message in listener.on("status")] == ["online", "offline"]
    assert broker.log.count("as ishara-ishara") == 1
    left = next(line for line in daemon.logged.splitlines() if "leaving: " in line)
    health = Health.model_validate_json(left.partition("leaving: ")[2])
    assert (health.frames, health.words, health.model) == (len(one), len(signs), NEXT_TITLE)
