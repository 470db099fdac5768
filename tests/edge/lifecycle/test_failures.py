from pathlib import Path

import pytest

from edge.lifecycle.failures import DaemonFailed, ThreadFailures
from edge.monitoring.status import Component, DeviceStatus
from edge.workers.supervised_thread import MAX_FAILURES
from tests.edge.conftest import StartDaemon


def test_daemon_is_stopped_once_and_does_not_end_as_an_orderly_one() -> None:
    stops = list[str]()
    failures = ThreadFailures(lambda: stops.append("stop"))
    failures.give_up("MQTT failed 5 times in a row: RecursionError")
    failures.give_up("the thermal monitor failed 5 times in a row: ValueError")
    assert stops == ["stop"]
    with pytest.raises(DaemonFailed, match="MQTT failed 5 times in a row: RecursionError"):
        failures.check()


def test_faults_of_threads_that_outlive_the_stages_are_reported_to_the_present_ones() -> None:
    failures = ThreadFailures(lambda: None)
    failures.check()
    escalation = failures.escalation()
    escalation.report("reloading", "reloading failed unexpectedly")
    old, new = DeviceStatus(), DeviceStatus()
    failures.attach(old)
    failures.attach(new)
    escalation.report("reloading", "reloading failed unexpectedly again")
    assert (old.faults, new.faults) == ({}, {Component.DAEMON: "reloading failed unexpectedly again"})


def test_daemon_whose_thread_fails_again_and_again_stops_cleanly_with_exit_code_1(
    bundle_folder: Path, start_daemon: StartDaemon, one_sign: str
) -> None:
    arguments = ("--source", one_sign, "--model", bundle_folder)
    daemon = start_daemon("run", *arguments, module="tests.edge.failing_daemon")
    assert daemon.wait() == 1
    reason = "the thermal monitor failed 5 times in a row: RecursionError: maximum recursion depth exceeded"
    assert f"CRITICAL the daemon ends, to be started anew: {reason}\n" in daemon.logged
    assert daemon.logged.splitlines()[-1] == f"ishara-edge: {reason}"
    assert daemon.logged.count("Traceback") == MAX_FAILURES
    assert "leaving: " in daemon.logged
