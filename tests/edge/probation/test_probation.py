"""Tests that a newly activated model passes its probation, or that the previous one is activated again."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.consent.learning_folder import LearningFolder, learning_folder
from edge.learning.learner import Learner
from edge.monitoring.health import Health
from edge.monitoring.status import ON_PROBATION, PROVEN
from edge.probation.start_count import MAX_STARTS
from edge.recognition.word import Word
from landmarkers.consent import Consent
from landmarkers.take import TAKE_SUFFIX, Provenance
from landmarkers.tracking import FINGERPRINT
from models.bundle import MODEL, open_bundle
from models.classifier import OnnxClassifier
from models.labels import Sign as Label
from models.learned import Teacher
from models.store import BundleStore
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import Daemon
from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.service_manager import ServiceManager, managing
from tests.edge.tiny_bundle import PLACES, TITLE, write_bundle
from tests.edge.waiting import wait_until
from tests.models.hard_networks import slow_loop
from tests.synthetic_signer import Sign, even_times, take

NEXT_TITLE = "tiny@4"
SIGNING = take(
    even_times(30, 12.0),
    *(Sign(number + 0.1, number + 0.6, PLACES[number % 3]) for number in range(12)),
    provenance=Provenance(clip="synthetic", landmarker=FINGERPRINT),
)


COFFEE = Label(sign_id=1_500_000, word="قهوة", word_en="coffee")
SIGNING_NEW = take(
    even_times(30, 12.0),
    *(Sign(number + 0.1, number + 0.6, NEW_PLACE) for number in range(12)),
    provenance=Provenance(clip="synthetic", landmarker=FINGERPRINT),
)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    with managing(tmp_path) as manager:
        yield manager


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    """Return a store whose active bundle has passed its probation."""
    store = BundleStore(tmp_path / "models")
    store.install(write_bundle(tmp_path / "old", landmarker=FINGERPRINT), activate=True)
    store.pass_probation()
    return store


@pytest.fixture
def start(
    broker: Mosquitto, manager: ServiceManager, store: BundleStore, start_daemon: StartDaemon, tmp_path: Path
) -> Callable[..., Daemon]:
    """Return a function that starts the daemon as a service, on endless signing and with the store's model."""
    SIGNING.save(tmp_path / f"one{TAKE_SUFFIX}")
    settings = {
        "NOTIFY_SOCKET": str(manager.path),
        "ISHARA_MQTT_HOST": "127.0.0.1",
        "ISHARA_MQTT_PORT": str(broker.port),
        "ISHARA_MODEL_STORE": str(store.root),
        "ISHARA_MODEL_PROBATION_S": "2",  # longer than the second within which two states may be one message
        "ISHARA_MODEL_BUDGET_MS": "5",
    }
    return lambda **more: start_daemon("run", "--source", f"take:one{TAKE_SUFFIX}", settings=settings | more)


def activate(store: BundleStore, folder: Path, **options: Any) -> str:
    """Install and activate the next version of the bundle."""
    bundle = write_bundle(folder, landmarker=FINGERPRINT, version=4, **options)
    return store.install(bundle, activate=True)


def teach(folder: Path, learning: LearningFolder) -> None:
    """Teach a device one word with a bundle."""
    bundle = open_bundle(folder)
    network = OnnxClassifier(bundle)
    learner = Learner(bundle, network, Teacher(bundle, network), learning, bundle.signs)
    asked = {"person": "amal", "asked_by": "Reception", "asked_at": "2026-11-29T17:00:00Z", "words": "May we?"}
    consent = Consent.model_validate(asked | {"purpose": "device", "days": 3650})
    one = take(even_times(20, 1.0), Sign(0.0, 1.0, NEW_PLACE), provenance=Provenance("stream", FINGERPRINT))
    learner.learn([(one, COFFEE)], consent, "taught")


def states(listener: Listener) -> list[str | None]:
    """Return the model's states, each once."""
    reported = [Health.model_validate_json(message.payload).model_state for message in listener.on("health")]
    return [state for number, state in enumerate(reported) if number == 0 or reported[number - 1] != state]


def words(listener: Listener) -> list[Word]:
    return [Word.model_validate_json(message.payload) for message in listener.on("word")]


def models(listener: Listener) -> list[str]:
    """Return the titles of the models that were published."""
    return [f"tiny@{json.loads(message.payload)['version']}" for message in listener.on("model")]


def is_rolled_back(listener: Listener) -> bool:
    return (states(listener) or [None])[-1] not in (None, PROVEN, ON_PROBATION)


def reload_with_next(daemon: Daemon, store: BundleStore, listener: Listener, folder: Path, **options: Any) -> str:
    """Activate the next bundle while the daemon runs, and have it reload."""
    listener.wait_until(lambda: bool(words(listener)))
    name = activate(store, folder, **options)
    daemon.process.send_signal(signal.SIGHUP)
    return name


def test_good_model_passes(
    start: Callable[[], Daemon], store: BundleStore, listener: Listener, broker: Mosquitto, tmp_path: Path
) -> None:
    name = reload_with_next(start(), store, listener, tmp_path / "next")
    listener.wait_until(lambda: states(listener)[-2:] == [ON_PROBATION, PROVEN])
    assert (store.probation(), store.current()) == (None, store.root / name)
    assert models(listener) == [TITLE, NEXT_TITLE]
    assert broker.log.count("as ishara-ishara") == 1


def test_model_that_hides_what_was_learned_is_rolled_back(
    start: Callable[..., Daemon], store: BundleStore, listener: Listener, tmp_path: Path
) -> None:
    """The model before would say nothing either without what was learned, so both are compared with it."""
    old = write_teachable_bundle(tmp_path / "teachable", landmarker=FINGERPRINT, version=5)
    store.install(old, activate=True)
    store.pass_probation()
    teach(old, LearningFolder(learning_folder(tmp_path / "state", "ishara")))
    SIGNING_NEW.save(tmp_path / f"one{TAKE_SUFFIX}")
    daemon = start(ISHARA_LEARNING_ASKED_BY="Reception", STATE_DIRECTORY=str(tmp_path / "state"))
    listener.wait_until(lambda: {word.sign_id for word in words(listener)} == {COFFEE.sign_id})
    new = write_teachable_bundle(tmp_path / "next", landmarker=FINGERPRINT, version=6, unteachable=[NEW_PLACE])
    store.install(new, activate=True)
    daemon.process.send_signal(signal.SIGHUP)
    listener.wait_until(lambda: is_rolled_back(listener))
    assert "it recognises no sign" in (states(listener)[-1] or "")


def test_model_that_recognises_nothing_is_rolled_back(
    start: Callable[[], Daemon], store: BundleStore, listener: Listener, broker: Mosquitto, tmp_path: Path
) -> None:
    old = store.current()
    daemon = start()
    name = reload_with_next(daemon, store, listener, tmp_path / "next", places=(5.0, 6.0, 7.0))
    listener.wait_until(lambda: is_rolled_back(listener))
    assert str(states(listener)[-1]).startswith(f"rolled back {name}: in the last ")
    listener.wait_until(lambda: models(listener) == [TITLE, NEXT_TITLE, TITLE])
    count = len(words(listener))
    listener.wait_until(lambda: len(words(listener)) > count)
    seqs = [word.seq for word in words(listener)]
    assert seqs == sorted(set(seqs))
    assert {word.model for word in words(listener)} == {TITLE}
    assert (store.probation(), store.current()) == (None, old)
    assert broker.log.count("as ishara-ishara") == 1
    assert f"ERROR {NEXT_TITLE} is rolled back: in the last " in daemon.logged


def test_slow_model_is_rolled_back(
    start: Callable[[], Daemon], store: BundleStore, listener: Listener, tmp_path: Path
) -> None:
    reload_with_next(start(), store, listener, tmp_path / "next", beside=slow_loop(15_000))
    listener.wait_until(lambda: is_rolled_back(listener))
    assert "of processor time, of which model.budget_ms allows 5" in str(states(listener)[-1])
    listener.wait_until(lambda: models(listener) == [TITLE, NEXT_TITLE, TITLE])


def test_model_that_keeps_crashing_the_daemon_is_rolled_back(
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


def test_model_that_cannot_be_opened_leaves_the_old_one_in_use(
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
    wait_until(lambda: store.current() == old, "the rollback")
    count = len(words(listener))
    listener.wait_until(lambda: len(words(listener)) > count)
    assert models(listener) == [TITLE]
    assert broker.log.count("as ishara-ishara") == 1
