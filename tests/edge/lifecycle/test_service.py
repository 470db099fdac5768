"""Tests of the notifications to the service manager and of reloads at SIGHUP."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.lifecycle.notify import Notifier
from edge.lifecycle.service import Service, status_line, watchdog_interval_s
from edge.monitoring.frame_rate import Rate
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import ON_PROBATION, Component, DeviceStatus, Obstacle
from landmarkers.take import TAKE_SUFFIX
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import Daemon
from tests.edge.service_manager import ServiceManager, managing
from tests.edge.spoken import spoken
from tests.edge.tiny_bundle import PLACES, SIGNS
from tests.edge.waiting import wait_until
from tests.synthetic_signer import Sign, even_times, take

ESCALATION = DeviceStatus().escalation(Component.DAEMON)
ONE_SIGN = take(even_times(30, 1.6), Sign(0.3, 1.1, PLACES[1]))


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    with managing(tmp_path) as manager:
        yield manager


@pytest.fixture
def daemon(manager: ServiceManager, bundle_folder: Path, start_daemon: StartDaemon, tmp_path: Path) -> Daemon:
    """Start the daemon as a service that emits one word every few seconds."""
    ONE_SIGN.save(tmp_path / f"one{TAKE_SUFFIX}")
    configure(tmp_path, bundle_folder)
    settings = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "600000"}
    return start_daemon("run", "--config", "edge.toml", "--jsonl", settings=settings)


def configure(folder: Path, bundle: Path, *, device: str = "hall", source: str = f"take:one{TAKE_SUFFIX}") -> None:
    (folder / "edge.toml").write_text(
        f"device = '{device}'\n[camera]\nsource = '{source}'\n[model]\nfolder = '{bundle}'\n"
    )


def printed_devices(daemon: Daemon) -> list[str]:
    """Return the device in each word that was printed."""
    return [word.device for word in daemon.words_so_far()]


def test_service_notifies_ready_watchdog_status_and_stop(manager: ServiceManager, daemon: Daemon) -> None:
    manager.wait_for("READY", "1")
    assert manager.messages[0]["STATUS"] == f"waiting for the first frame of take:one{TAKE_SUFFIX}"
    wait_until(lambda: manager.values("WATCHDOG").count("1") > 3, "watchdog notifications")
    manager.wait_for("STATUS", f"reading take:one{TAKE_SUFFIX} at ")
    manager.wait_for("STATUS", f"last word {SIGNS[1].word} at ")
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert manager.messages[-1] == {"STOPPING": "1", "STATUS": "leaving"}


def test_reload_uses_the_new_configuration(
    manager: ServiceManager, daemon: Daemon, bundle_folder: Path, tmp_path: Path
) -> None:
    wait_until(lambda: "hall" in printed_devices(daemon), "a word of the old name")
    configure(tmp_path, bundle_folder, device="cellar")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "cellar" in printed_devices(daemon), "a word of the new name")
    reloading = next(number for number, lines in enumerate(manager.messages) if "RELOADING" in lines)
    assert int(manager.messages[reloading]["MONOTONIC_USEC"]) > 0
    assert manager.values("READY") == ["1", "1"]
    assert any("READY" in lines for lines in manager.messages[reloading:])
    assert daemon.process.poll() is None


@pytest.mark.parametrize("wrong", ["nonsense = 1", "[camera]\nsource = 'nothing.mp4'", "[model]\nfolder = 'nothing'"])
def test_refused_configuration_leaves_the_old_one_in_use(
    wrong: str, manager: ServiceManager, daemon: Daemon, tmp_path: Path
) -> None:
    wait_until(lambda: len(printed_devices(daemon)) > 0, "a word")
    rest = "\n".join(
        line for line in (tmp_path / "edge.toml").read_text().splitlines() if line not in wrong.splitlines()
    )
    section = wrong.splitlines()[0]
    (tmp_path / "edge.toml").write_text(wrong if section.startswith("[") else f"{wrong}\n{rest}")
    daemon.process.send_signal(signal.SIGHUP)
    manager.wait_for("STATUS", "the new configuration is refused, the old one stays in use: ")
    daemon.wait_for_log("WARNING the new configuration is refused, the old one stays in use: ")
    count = len(printed_devices(daemon))
    wait_until(lambda: len(printed_devices(daemon)) > count, "a word after the refusal")
    assert set(printed_devices(daemon)) == {"hall"}
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait() == 0


def test_closed_terminal_stops_the_daemon_without_a_service_manager(
    bundle_folder: Path, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    ONE_SIGN.save(tmp_path / f"one{TAKE_SUFFIX}")
    daemon = start_daemon("run", "--source", f"take:one{TAKE_SUFFIX}", "--model", bundle_folder)
    daemon.wait_for_log(" reads ")
    daemon.process.send_signal(signal.SIGHUP)
    assert daemon.wait() == 0


def test_refused_configuration_is_reported_to_the_service_manager(
    manager: ServiceManager, start_daemon: StartDaemon
) -> None:
    settings = {"NOTIFY_SOCKET": str(manager.path), "ISHARA_NONSENSE": "1"}
    assert start_daemon("run", settings=settings).wait() == 2
    manager.wait_for("STATUS", "there is no key nonsense")
    assert manager.values("READY") == []


def test_stalled_daemon_sends_no_watchdog_and_faults_are_reported_at_once(manager: ServiceManager) -> None:
    status, alive, described = DeviceStatus(), threading.Event(), ["well"]
    alive.set()
    with Service(Notifier(str(manager.path)), ESCALATION, interval_s=0.02) as service:
        status.subscribe(service.refresh)
        service.ready(alive.is_set, lambda: described[-1])
        wait_until(lambda: manager.values("WATCHDOG") != [], "the first watchdog notification")
        alive.clear()
        before = len(manager.values("WATCHDOG"))
        for number in range(5):  # each change wakes the service, and none sends the watchdog
            described.append(f"change {number}")
            status.report(Component.BROKER, described[-1])
            manager.wait_for("STATUS", described[-1])
    assert len(manager.values("WATCHDOG")) <= before + 1  # one may have been on its way


def test_replacing_the_stages_counts_as_alive_for_a_limited_time(manager: ServiceManager) -> None:
    with Service(Notifier(str(manager.path)), ESCALATION, interval_s=0.02, restarting_s=1.0) as service:
        service.ready(lambda: False, lambda: "well")
        service.reloading()
        service.restarting()
        wait_until(lambda: len(manager.values("WATCHDOG")) > 3, "watchdog notifications")
        time.sleep(1.2)
        before = len(manager.values("WATCHDOG"))
        time.sleep(0.2)
        assert len(manager.values("WATCHDOG")) == before


def test_daemon_whose_liveness_cannot_be_checked_sends_no_watchdog(manager: ServiceManager) -> None:
    reasons = list[str]()
    status = DeviceStatus(reasons.append)

    def fail() -> bool:
        raise RuntimeError("dictionary changed size during iteration")

    with Service(Notifier(str(manager.path)), status.escalation(Component.DAEMON), interval_s=0.02) as service:
        status.subscribe(service.refresh)
        service.ready(fail, lambda: "; ".join(status.faults.values()) or "well")
        manager.wait_for("STATUS", "the watchdog failed unexpectedly: RuntimeError: dictionary changed size")
    assert manager.values("WATCHDOG") == []


def test_stopping_during_a_reload_does_not_notify_ready_again(manager: ServiceManager) -> None:
    with Service(Notifier(str(manager.path)), ESCALATION, interval_s=0.02) as service:
        service.ready(lambda: False, lambda: "well")
        service.reloading()
        service.restarting()
        service.stopping()
        service.ready(lambda: False, lambda: "well again")
    Notifier(str(manager.path)).watchdog()  # earlier notifications have arrived when this one has
    manager.wait_for("WATCHDOG", "1")
    assert manager.values("STATUS") == ["well", "leaving"]


def test_manager_in_the_abstract_namespace_is_notified() -> None:
    name = f"ishara-test-{os.getpid()}"
    with closing(ServiceManager(Path(f"\0{name}"))) as manager:
        Notifier(f"@{name}").status("here")
        manager.wait_for("STATUS", "here")


def test_missing_manager_is_tolerated(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "gone")).watchdog()


def test_liveness_is_checked_often_enough_for_the_watchdog() -> None:
    assert watchdog_interval_s({}) == 5.0
    assert watchdog_interval_s({"WATCHDOG_USEC": "30000000"}) == 5.0
    assert watchdog_interval_s({"WATCHDOG_USEC": "6000000"}) == 1.0


@pytest.mark.parametrize("value", ["0", "", "-1", "²", "soon", "9" * 5000])
def test_watchdog_of_no_sensible_time_is_ignored(value: str) -> None:
    assert watchdog_interval_s({"WATCHDOG_USEC": value}) == 5.0


def test_status_with_anything_in_it_is_one_line_of_one_notification(manager: ServiceManager) -> None:
    Notifier(str(manager.path)).ready("last word a\nWATCHDOG=1\u2028b\ud83d")
    wait_until(lambda: manager.messages != [], "the notification")
    assert manager.messages == [{"READY": "1", "STATUS": "last word a WATCHDOG=1 b\\ud83d"}]


def test_status_line_lists_faults_activity_model_state_and_last_word() -> None:
    status = DeviceStatus()
    stats = PipelineStats(status=status, components=[Component.CAMERA, Component.BROKER])
    health = stats.health().model_copy(update={"frames": 9, "frames_per_s": 15.2})
    assert status_line("/dev/video0", health, None) == "reading /dev/video0 at 15 frames a second"
    idle = health.model_copy(update={"rate": Rate.IDLE})
    assert status_line("/dev/video0", idle, None).endswith("15 frames a second while nobody signs")
    assert f"; last word {SIGNS[0].word} at " in status_line("/dev/video0", health, spoken())
    new = health.model_copy(update={"model": "tiny@4", "model_state": ON_PROBATION})
    assert status_line("x", new, None) == "reading x at 15 frames a second; tiny@4 is on probation"
    failed = health.model_copy(update={"model_state": "rolled back tiny-4-12345678: too slow"})
    assert status_line("x", failed, None).endswith("; rolled back tiny-4-12345678: too slow")
    faulty = health.model_copy(update={"faults": {Component.BROKER: "the broker is lost"}})
    status.report(Component.BROKER, "the broker is lost")
    assert status_line("x", faulty, None) == "the broker is lost; reading x at 15 frames a second"
    status.report(Component.CAMERA, "the camera is lost")
    lost = stats.health()
    assert status_line("x", lost, None) == "the broker is lost; the camera is lost"
    status.report(Component.BROKER, None)
    status.report(Component.CAMERA, None)
    status.set_paused(paused=True)
    assert status_line("x", stats.health(), None) == "paused"
    status.set_obstacle(Obstacle.TOO_DARK)
    assert status_line("x", stats.health(), None) == "paused; the picture is too dark to read signs"
