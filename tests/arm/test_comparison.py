import json
import signal
from datetime import UTC, datetime

import numpy as np
import pytest

from edge.recognition.word import Alternative, Word
from landmarkers.frame import Landmarks
from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, Part
from tests.arm.comparison import compare_doctor, compare_landmarks, compare_words
from tests.arm.machine import Result

NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
DIED = Result(-signal.SIGILL, "", "", 1.0)


def words_result(*confidences: float, second: float = 0.1) -> Result:
    """Return words 1, 2, … as the daemon prints them."""
    words = [
        Word(
            seq=sign,
            sign_id=sign,
            word="كلمة",
            word_en="word",
            confidence=confidence,
            alternatives=(Alternative(sign_id=99, word="كلمة", confidence=second),),
            started_at=NOW,
            ended_at=NOW,
            emitted_at=NOW,
            model="tiny@1",
            device="ishara",
        )
        for sign, confidence in enumerate(confidences, 1)
    ]
    return Result(0, "".join(f"{word.to_json()}\n" for word in words), "", 1.0)


def landmarks_result(*, hand: float = 0.5, is_visible: bool = True) -> Result:
    """Return one frame of a person whose shoulders are 0.2 apart, with a left hand at a given place."""
    points = Landmarks.empty(0.0).points
    pose = points[PART_SLICES[Part.POSE]]
    pose[:] = 0.5
    pose[LEFT_SHOULDER, 0], pose[RIGHT_SHOULDER, 0] = 0.6, 0.4
    if is_visible:
        points[PART_SLICES[Part.LEFT_HAND]] = np.float32(hand)
    return Result(0, json.dumps([points.tolist()]), "", 1.0)


@pytest.mark.parametrize(
    ("emulated", "passes", "figure"),
    [
        (words_result(0.9, 0.8), True, "2 words the same, probabilities within 0.0000"),
        (words_result(0.9, 0.8005), True, "within 0.0005"),
        (words_result(0.9, 0.802), False, "within 0.0020"),
        (words_result(0.9, 0.8, second=0.2), False, "within 0.1000"),
        (words_result(0.9), False, "signs [1]"),
        (DIED, False, "died of SIGILL"),
    ],
)
def test_words_must_be_the_same_with_the_same_probabilities(emulated: Result, passes: bool, figure: str) -> None:
    outcome = compare_words(words_result(0.9, 0.8), emulated)
    assert outcome.passed is passes
    assert figure in outcome.figure


@pytest.mark.parametrize(
    ("emulated", "passes", "figure"),
    [
        (landmarks_result(), True, "1 frames, 1 hands, points within 0.00000"),
        (landmarks_result(hand=0.501), True, "within 0.00707 shoulder widths"),
        (landmarks_result(hand=0.502), False, "within 0.01414 shoulder widths"),
        (landmarks_result(is_visible=False), False, "other parts are visible"),
        (DIED, False, "died of SIGILL"),
    ],
)
def test_landmarks_must_lie_at_the_same_place(emulated: Result, passes: bool, figure: str) -> None:
    outcome = compare_landmarks(landmarks_result(), emulated)
    assert outcome.passed is passes
    assert figure in outcome.figure


def test_device_that_is_not_ready_fails_with_the_last_line_of_the_doctor() -> None:
    outcome = compare_doctor(Result(2, "failed   camera\n\nThis device is not ready.\n", "", 1.0))
    assert (outcome.passed, outcome.figure) == (False, "This device is not ready.")
