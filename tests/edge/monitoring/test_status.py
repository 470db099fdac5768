from edge.monitoring.status import Component, DeviceStatus


def test_watchers_hear_of_changes_and_of_nothing_else() -> None:
    standing, heard = DeviceStatus(), []
    standing.watch(lambda: heard.append((standing.faults, standing.paused)))
    standing.report(Component.CAMERA, "the camera is away")
    standing.report(Component.CAMERA, "the camera is away")
    standing.pause(paused=True)
    standing.pause(paused=True)
    standing.report(Component.BROKER, None)
    standing.report(Component.CAMERA, None)
    assert heard == [
        ({Component.CAMERA: "the camera is away"}, False),
        ({Component.CAMERA: "the camera is away"}, True),
        ({}, True),
    ]
