from collections.abc import Iterator

import numpy as np

from edge.monitoring.liveness import FeltCamera, Heart
from edge.monitoring.status import Part, Standing
from landmarkers.frame import Frame

PICTURE = np.zeros((1, 1, 3), np.uint8)


class ThreeFrames:
    def frames(self) -> Iterator[Frame]:
        for number in range(3):
            yield Frame(PICTURE, number / 10)

    def stop(self) -> None:
        """It ends by itself."""


def test_a_heart_that_felt_nothing_does_not_beat() -> None:
    assert not Heart(Standing()).beats()


def test_each_frame_that_was_dealt_with_lets_it_beat_once() -> None:
    heart = Heart(Standing())
    frames = FeltCamera(ThreeFrames(), heart).frames()
    next(frames)
    assert not heart.beats()  # the first frame is still in the networks
    next(frames)
    assert heart.beats()
    assert not heart.beats()
    assert [frame.time for frame in frames] == [0.2]
    assert heart.beats()


def test_frames_that_nobody_wants_let_it_beat() -> None:
    heart = Heart(Standing())
    assert not heart.feel_each(lambda _time: False)(0.1)
    assert heart.beats()
    assert not heart.beats()


def test_a_frame_that_was_wanted_and_never_gets_through_the_networks_does_not() -> None:
    heart = Heart(Standing())
    wanted = heart.feel_each(lambda time: time < 1.0)
    for number in range(20):
        wanted(number / 10)
    assert not heart.beats()


def test_a_camera_that_is_known_to_be_away_is_no_reason_to_die() -> None:
    standing = Standing()
    heart = Heart(standing)
    heart.feel_each(lambda _time: True)(0.1)  # a frame was wanted, and then the camera broke before it came
    assert not heart.beats()
    standing.tell(Part.CAMERA, "the camera is away")
    assert heart.beats()
    assert heart.beats()
    standing.tell(Part.CAMERA, None)
    assert not heart.beats()


def test_a_broker_that_is_away_says_nothing_of_a_camera_that_is_silent() -> None:
    standing = Standing()
    standing.tell(Part.BROKER, "the broker is away")
    assert not Heart(standing).beats()
