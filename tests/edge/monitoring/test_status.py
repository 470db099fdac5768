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
