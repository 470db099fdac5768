import pytest

from edge.monitoring.status import Component, DeviceStatus


def test_subscribers_are_called_at_changes_only() -> None:
    status, seen = DeviceStatus(), []
    status.subscribe(lambda: seen.append((status.faults, status.paused)))
    status.report(Component.CAMERA, "the camera is lost")
    status.report(Component.CAMERA, "the camera is lost")
    status.set_paused(paused=True)
    status.set_paused(paused=True)
    status.report(Component.BROKER, None)
    status.report(Component.CAMERA, None)
    assert seen == [
        ({Component.CAMERA: "the camera is lost"}, False),
        ({Component.CAMERA: "the camera is lost"}, True),
        ({}, True),
    ]


def test_listener_that_raises_harms_neither_the_reporter_nor_the_other_listeners(
    caplog: pytest.LogCaptureFixture,
) -> None:
    status, seen = DeviceStatus(), list[str]()

    def fail() -> None:
        raise RecursionError("maximum recursion depth exceeded")

    status.subscribe(fail)
    status.subscribe(lambda: seen.append("called"))
    status.report(Component.CAMERA, "the camera is lost")
    assert seen == ["called"]
    assert "RecursionError" in caplog.text


def test_faults_of_a_component_and_of_its_threads_are_reported_together_and_end_one_by_one() -> None:
    status = DeviceStatus()
    escalation = status.escalation(Component.BROKER)
    escalation.report("MQTT", "MQTT failed unexpectedly")
    status.report(Component.BROKER, "the broker is lost")
    assert status.faults == {Component.BROKER: "MQTT failed unexpectedly; the broker is lost"}
    escalation.report("MQTT", None)
    assert status.faults == {Component.BROKER: "the broker is lost"}
    status.report(Component.BROKER, None)
    assert status.faults == {}


def test_fault_is_one_line_that_can_be_encoded_whatever_an_error_says() -> None:
    status = DeviceStatus()
    status.report(Component.CAMERA, "no file \udcff.mp4\nREADY=1\r\n")
    assert status.faults == {Component.CAMERA: "no file \\udcff.mp4 READY=1"}
