"""What most tests of the daemon need: a model, a broker, a daemon."""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from edge.cameras.camera import Camera
from landmarkers.frame import Frame
from models.bundle import Bundle, open_bundle
from tests.edge.daemon import Daemon, settings_of_this_machine
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.tiny_bundle import write_bundle
from tests.edge.waiting import PATIENCE_S


class StartDaemon(Protocol):
    """Starts a daemon that is ended with the test."""

    def __call__(self, *arguments: str | Path, settings: Mapping[str, str] | None = None) -> Daemon: ...


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that reads the made-up person's signs."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return open_bundle(bundle_folder)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither variables nor a `.env` of whoever runs the tests reach them."""
    for name in settings_of_this_machine():
        monkeypatch.delenv(name)
    for name in ("CREDENTIALS_DIRECTORY", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def new_broker(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Makes brokers that are not yet started and stops them in the end."""
    made: list[Mosquitto] = []

    def make(**options: Any) -> Mosquitto:
        folder = tmp_path / f"broker-{len(made)}"
        folder.mkdir()
        made.append(Mosquitto(folder, **options))
        return made[-1]

    yield make
    for broker in made:
        broker.stop()


@pytest.fixture
def broker(new_broker: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker that runs."""
    running = new_broker()
    running.start()
    return running


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    """Hears everything on the broker."""
    with listening(broker) as hears:
        yield hears


@pytest.fixture
def start_daemon(tmp_path: Path) -> Iterator[StartDaemon]:
    """Starts daemons in an empty folder."""
    started: list[Daemon] = []

    def start(*arguments: str | Path, settings: Mapping[str, str] | None = None) -> Daemon:
        started.append(Daemon(tmp_path, *arguments, settings=settings))
        return started[-1]

    yield start
    for daemon in started:
        daemon.end()


@pytest.fixture
def watch() -> Iterator[Callable[[Camera], list[Frame]]]:
    """Gathers a camera's frames on a thread; every camera is stopped in the end."""
    watched: list[tuple[Camera, threading.Thread]] = []

    def start(camera: Camera) -> list[Frame]:
        gathered: list[Frame] = []
        thread = threading.Thread(target=lambda: gathered.extend(camera.frames()))
        thread.start()
        watched.append((camera, thread))
        return gathered

    yield start
    for camera, thread in watched:
        camera.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
