"""A model that was just activated proves itself on the device, or the device goes back to the one before."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.monitoring.health import Health
from edge.monitoring.status import ON_PROBATION, PROVEN
from edge.probation.starts import MAX_STARTS
from edge.recognition.word import Word
from landmarkers.take import TAKE_SUFFIX, Provenance
from landmarkers.tracking import FINGERPRINT
from models.bundle import MODEL
from models.store import BundleStore
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import Daemon
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.service_manager import ServiceManager, managing
from tests.edge.tiny_bundle import PLACES, TITLE, write_bundle
from tests.edge.waiting import wait_until
from tests.models.hard_networks import turning
from tests.synthetic_signer import Sign, even_times, take

NEXT_TITLE = "tiny@4"
SIGNING = take(
    even_times(30, 12.0),
    *(Sign(number + 0.1, number + 0.6, PLACES[number % 3]) for number in range(12)),
    provenance=Provenance(clip="made-up", landmarker=FINGERPRINT),
)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    with managing(tmp_path) as manager:
        yield manager


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    """A store whose bundle has proved itself."""
    store = BundleStore(tmp_path / "models")
    store.install(write_bundle(tmp_path / "old", landmarker=FINGERPRINT), activate=True)
    store.pass_probation()
    return store


@pytest.fixture
def start(
    broker: Mosquitto, manager: ServiceManager, store: BundleStore, start_daemon: StartDaemon, tmp_path: Path
) -> Callable[[], Daemon]:
    """Starts the daemon as a service that reads somebody's endless signing with the model of the store."""
    SIGNING.save(tmp_path / f"one{TAKE_SUFFIX}")
    settings = {
        "NOTIFY_SOCKET": str(manager.path),
        "ISHARA_MQTT_HOST": "127.0.0.1",
        "ISHARA_MQTT_PORT": str(broker.port),
        "ISHARA_MODEL_STORE": str(store.root),
        "ISHARA_MODEL_PROBATION_S": "1",
        "ISHARA_MODEL_BUDGET_MS": "5",
    }
    return lambda: start_daemon("run", "--source", f"take:one{TAKE_SUFFIX}", settings=settings)


def activate(store: BundleStore, folder: Path, **options: Any) -> str:
    """Install and activate the next version of the bundle."""
    bundle = write_bundle(folder, landmarker=FINGERPRINT, version=4, **options)
    return store.install(bundle, activate=True)


def states(listener: Listener) -> list[str | None]:
    """How the model stood, each state once."""
    told = [Health.model_validate_json(heard.payload).model_state for heard in listener.on("health")]
    return [state for number, state in enumerate(told) if number == 0 or told[number - 1] != state]


def words(listener: Listener) -> list[Word]:
    return [Word.model_validate_json(heard.payload) for heard in listener.on("word")]


def models(listener: Listener) -> list[str]:
    """What was told of the model."""
    return [f"tiny@{json.loads(heard.payload)['version']}" for heard in listener.on("model")]


def is_rolled_back(listener: Listener) -> bool:
    return (states(listener) or [None])[-1] not in (None, PROVEN, ON_PROBATION)


def reload_with_next(daemon: Daemon, store: BundleStore, listener: Listener, folder: Path, **options: Any) -> str:
    """Activate the next bundle below a daemon that reads, and tell it."""
    listener.wait_until(lambda: bool(words(listener)))
    name = activate(store, folder, **options)
    daemon.process.send_signal(signal.SIGHUP)
    return name


def test_a_good_model_proves_itself(
    start: Callable[[], Daemon], store: BundleStore, listener: Listener, broker: Mosquitto, tmp_path: Path
) -> None:
    name = reload_with_next(start(), store, listener, tmp_path / "next")
    listener.wait_until(lambda: states(listener)[-2:] == [ON_PROBATION, PROVEN])
    assert (store.probation(), store.current()) == (None, store.root / name)
    assert models(listener) == [TITLE, NEXT_TITLE]
    assert broker.log.count("as ishara-ishara") == 1


def test_a_model_that_says_no_sign_to_everything_is_rolled_back(
    start: Callable[[], Daemon], store: BundleStore, listener: Listener, broker: Mosquitto, tmp_path: Path
) -> None:
    old = store.current()
    daemon = start()
    name = reload_with_next(daemon, store, listener, tmp_path / "next", places=(5.0, 6.0, 7.0))
    listener.wait_until(lambda: is_rolled_back(listener))
    assert str(states(listener)[-1]).startswith(f"rolled back {name}: of the last ")
    listener.wait_until(lambda: models(listener) == [TITLE, NEXT_TITLE, TITLE])
    said = len(words(listener))
    listener.wait_until(lambda: len(words(listener)) > said)
    assert [word.seq for word in words(listener)] == list(range(1, len(words(listener)) + 1))
    assert {word.model for word in words(listener)} == {TITLE}
    assert (store.probation(), store.current()) == (None, old)
    assert broker.log.count("as ishara-ishara") == 1
    assert f"ERROR {NEXT_TITLE} is rolled back: of the last " in daemon.logged


def test_a_model_that_is_too_slow_is_rolled_back(
    start: Callable[[], Daemon], store: BundleStore, listener: Listener, tmp_path: Path
) -> None:
    reload_with_next(start(), store, listener, tmp_path / "next", beside=turning(15_000))
    listener.wait_until(lambda: is_rolled_back(listener))
    assert "of the processor, of which model.budget_ms allows 5" in str(states(listener)[-1])
    listener.wait_until(lambda: models(listener) == [TITLE, NEXT_TITLE, TITLE])


def test_a_model_with_which_the_daemon_ends_again_and_again_is_rolled_back(
    start: Callable[[], Daemon], store: BundleStore, listener: Listener, tmp_path: Path
) -> None:
    old, name = store.current(), activate(store, tmp_path / "next")
    for _ in range(MAX_STARTS):
        daemon = start()
        daemon.wait_for_log(f"{NEXT_TITLE} reads ")
        daemon.process.kill()
        daemon.wait()
    daemon = start()
    daemon.wait_for_log(f"{TITLE} reads ")
    assert f"ERROR the model {name} is rolled back: the daemon was started 3 times with it" in daemon.logged
    assert store.current() == old
    listener.wait_until(lambda: is_rolled_back(listener))


def test_a_model_that_cannot_be_opened_leaves_the_old_one_at_work(
    start: Callable[[], Daemon],
    store: BundleStore,
    manager: ServiceManager,
    listener: Listener,
    broker: Mosquitto,
    tmp_path: Path,
) -> None:
    old, daemon = store.current(), start()
    listener.wait_until(lambda: bool(words(listener)))
    model = store.root / activate(store, tmp_path / "next") / MODEL
    model.write_bytes(model.read_bytes()[:-1])
    daemon.process.send_signal(signal.SIGHUP)
    manager.wait_for("STATUS", "the new configuration is refused, the old one stays in use: model.onnx of the bundle ")
    wait_until(lambda: store.current() == old, "the way back")
    said = len(words(listener))
    listener.wait_until(lambda: len(words(listener)) > said)
    assert models(listener) == [TITLE]
    assert broker.log.count("as ishara-ishara") == 1
