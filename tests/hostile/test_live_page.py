"""Every attack on the live page of a real daemon: the owner is answered in time, and the device keeps its frames."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from landmarkers.take import TAKE_SUFFIX
from tests.edge.certificates import make_certificates
from tests.edge.daemon import Daemon
from tests.edge.ports import free_port
from tests.edge.sinks.web.attacks import ATTACKS, attacking
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.owner import P99_S, ask_for
from tests.edge.tiny_bundle import PLACES, write_bundle
from tests.synthetic_signer import Sign, even_times, take

MIN_FRAME_SHARE = 0.95
ASKING_S = 20.0  # longer than the deadline of a request
STEADY_S = 3.0
WITH_TLS = ("nothing", "half headers", "half a second request", "slow readers of events")


@dataclass(frozen=True, slots=True)
class Target:
    """A daemon that is attacked."""

    port: int
    tls: bool

    def frames_per_s(self, asking_s: float) -> float:
        """Return the frames that the daemon reads a second while the owner asks; check that the owner is answered."""
        (began, before), waits, (ended, after) = (
            self._frames(),
            ask_for(asking_s, self.port, tls=self.tls),
            self._frames(),
        )
        assert waits.p99 < P99_S, waits.failures
        return (after - before) / (ended - began)

    def _frames(self) -> tuple[float, int]:
        """Return the daemon's time since its start and the frames that it has read, as one health says."""
        scheme = "https" if self.tls else "http"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(verify=False, trust_env=False) as client:
            health = client.get(f"{scheme}://127.0.0.1:{self.port}/health", headers=headers).json()
        return health["up_s"], health["frames"]


@pytest.fixture(scope="module", params=[False, True], ids=["http", "https"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder, port = tmp_path_factory.mktemp("daemon"), free_port()
    (folder / "token").write_text(TOKEN)
    take(even_times(30, 240.0), Sign(0.4, 1.3, PLACES[1])).save(folder / f"one{TAKE_SUFFIX}")
    bundle = write_bundle(folder / "bundle")
    files = make_certificates(folder)
    tls = f"certificate_file = '{files.broker}'\nkey_file = '{files.broker_key}'\n" if request.param else ""
    (folder / "edge.toml").write_text(
        f"[model]\nfolder = '{bundle}'\n[web]\nport = {port}\ntoken_file = '{folder / 'token'}'\n{tls}"
    )
    daemon = Daemon(folder, "run", "--config", "edge.toml", "--source", f"take:one{TAKE_SUFFIX}")
    try:
        daemon.wait_for_log("the live page is at")
        yield Target(port, request.param)
    finally:
        daemon.end()


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"], ids=["owner's address", "another address"])
@pytest.mark.parametrize("name", ATTACKS)
def test_owner_is_answered_and_the_device_keeps_its_frames(name: str, source: str, target: Target) -> None:
    if target.tls and name not in WITH_TLS:
        pytest.skip("it differs from the attack without TLS in nothing")
    alone = target.frames_per_s(ASKING_S)
    with attacking(name, target.port, source=source, tls=target.tls):
        time.sleep(STEADY_S)
        attacked = target.frames_per_s(ASKING_S)
    print(f"{name}: {attacked:.1f} frames a second of {alone:.1f}")
    assert attacked >= MIN_FRAME_SHARE * alone
    time.sleep(STEADY_S)
