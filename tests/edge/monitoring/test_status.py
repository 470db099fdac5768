from edge.monitoring.status import Component, DeviceStatus


def test_watchers_hear_of_changes_and_of_nothing_else() -> None:
    status, heard = DeviceStatus(), []
    status.subscribe(lambda: heard.append((status.faults, status.paused)))
    status.report(Component.CAMERA, "the camera is away")
    status.report(Component.CAMERA, "the camera is away")
    status.set_paused(paused=True)
    status.set_paused(paused=True)
    status.report(Component.BROKER, None)
    status.report(Component.CAMERA, None)
    assert heard == [
        ({Component.CAMERA: "the camera is away"}, False),
        ({Component.CAMERA: "the camera is away"}, True),
        ({}, True),
    ]
