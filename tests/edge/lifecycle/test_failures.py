import pytest

from edge.lifecycle.failures import DaemonFailed, ThreadFailures
from edge.monitoring.status import Component, DeviceStatus


def test_daemon_is_stopped_once_and_told_apart_from_an_orderly_end() -> None:
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
