"""The fixtures of most tests of the daemon: a model, a source, a broker, a daemon."""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from edge.cameras.camera import Camera
from landmarkers.frame import Frame
from landmarkers.take import TAKE_SUFFIX
from landmarkers.tracking import FINGERPRINT
from models.bundle import Bundle, open_bundle
from tests.edge.daemon import Daemon, settings_of_this_machine
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.tiny_bundle import PLACES, write_bundle
from tests.edge.waiting import PATIENCE_S
from tests.synthetic_signer import Sign, even_times, take

ONE_SIGN = take(even_times(30, 3.0), Sign(0.5, 1.5, PLACES[1]))


class StartDaemon(Protocol):
    """Starts a daemon that is killed at the end of the test."""

    def __call__(
        self, *arguments: str | Path, settings: Mapping[str, str] | None = None, module: str = "edge"
    ) -> Daemon: ...


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle that recognises the synthetic signer's signs."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return open_bundle(bundle_folder)


@pytest.fixture(scope="session")
def camera_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny bundle, declared for the landmarks that this machine finds in images."""
    return write_bundle(tmp_path_factory.mktemp("camera"), landmarker=FINGERPRINT)


@pytest.fixture
def one_sign(tmp_path: Path) -> str:
    """Return a source with one sign, relative to the test's folder."""
    name = f"one{TAKE_SUFFIX}"
    ONE_SIGN.save(tmp_path / name)
    return f"take:{name}"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep variables and `.env` of the user who runs the tests away from them."""
    for name in settings_of_this_machine():
        monkeypatch.delenv(name)
    for name in ("CREDENTIALS_DIRECTORY", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def new_broker(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Yield a function that makes brokers, not yet started; all are stopped at the end."""
    brokers: list[Mosquitto] = []

    def make(**options: Any) -> Mosquitto:
        folder = tmp_path / f"broker-{len(brokers)}"
        folder.mkdir()
        brokers.append(Mosquitto(folder, **options))
        return brokers[-1]

    yield make
    for broker in brokers:
        broker.stop()


@pytest.fixture
def broker(new_broker: Callable[..., Mosquitto]) -> Mosquitto:
    """Return a running broker."""
    running = new_broker()
    running.start()
    return running


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    """Yield a client that records everything on the broker."""
    with listening(broker) as listener:
        yield listener


@pytest.fixture
def start_daemon(tmp_path: Path) -> Iterator[StartDaemon]:
    """Yield a function that starts daemons in the test's folder."""
    started: list[Daemon] = []

    def start(*arguments: str | Path, settings: Mapping[str, str] | None = None, module: str = "edge") -> Daemon:
        started.append(Daemon(tmp_path, *arguments, settings=settings, module=module))
        return started[-1]

    yield start
    for daemon in started:
        daemon.end()


@pytest.fixture
def watch() -> Iterator[Callable[[Camera], list[Frame]]]:
    """Yield a function that collects a camera's frames on a thread; every camera is stopped at the end."""
    started: list[tuple[Camera, threading.Thread]] = []

    def start(camera: Camera) -> list[Frame]:
        frames: list[Frame] = []
        thread = threading.Thread(target=lambda: frames.extend(camera.frames()))
        thread.start()
        started.append((camera, thread))
        return frames

    yield start
    for camera, thread in started:
        camera.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
