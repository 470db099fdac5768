from edge.monitoring.status import Part, Standing


def test_watchers_hear_of_changes_and_of_nothing_else() -> None:
    standing, heard = Standing(), []
    standing.watch(lambda: heard.append((standing.troubles, standing.paused)))
    standing.tell(Part.CAMERA, "the camera is away")
    standing.tell(Part.CAMERA, "the camera is away")
    standing.pause(paused=True)
    standing.pause(paused=True)
    standing.tell(Part.BROKER, None)
    standing.tell(Part.CAMERA, None)
    assert heard == [
        ({Part.CAMERA: "the camera is away"}, False),
        ({Part.CAMERA: "the camera is away"}, True),
        ({}, True),
    ]
