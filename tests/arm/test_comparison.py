import json
import signal
from datetime import UTC, datetime

import numpy as np
import pytest

from edge.recognition.word import Alternative, Word
from landmarkers.frame import Landmarks
from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, Part
from tests.arm.comparison import compare_doctor, compare_landmarks, compare_words
from tests.arm.machine import Answer

MOMENT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
DIED = Answer(-signal.SIGILL, "", "", 1.0)


def said(*confidences: float, second: float = 0.1) -> Answer:
    """Words 1, 2, … as the daemon prints them."""
    words = [
        Word(
            seq=sign,
            sign_id=sign,
            word="كلمة",
            word_en="word",
            confidence=confidence,
            alternatives=(Alternative(sign_id=99, word="كلمة", confidence=second),),
            started_at=MOMENT,
            ended_at=MOMENT,
            emitted_at=MOMENT,
            model="tiny@1",
            device="ishara",
        )
        for sign, confidence in enumerate(confidences, 1)
    ]
    return Answer(0, "".join(f"{word.to_json()}\n" for word in words), "", 1.0)


def located(*, hand: float = 0.5, is_seen: bool = True) -> Answer:
    """One frame of a person whose shoulders are 0.2 apart and whose left hand lies somewhere."""
    points = Landmarks.empty(0.0).points
    pose = points[PART_SLICES[Part.POSE]]
    pose[:] = 0.5
    pose[LEFT_SHOULDER, 0], pose[RIGHT_SHOULDER, 0] = 0.6, 0.4
    if is_seen:
        points[PART_SLICES[Part.LEFT_HAND]] = np.float32(hand)
    return Answer(0, json.dumps([points.tolist()]), "", 1.0)


@pytest.mark.parametrize(
    ("there", "passes", "figure"),
    [
        (said(0.9, 0.8), True, "2 words the same, probabilities within 0.0000"),
        (said(0.9, 0.8005), True, "within 0.0005"),
        (said(0.9, 0.802), False, "within 0.0020"),
        (said(0.9, 0.8, second=0.2), False, "within 0.1000"),
        (said(0.9), False, "signs [1]"),
        (DIED, False, "died of SIGILL"),
    ],
)
def test_words_must_be_the_same_and_as_likely(there: Answer, passes: bool, figure: str) -> None:
    outcome = compare_words(said(0.9, 0.8), there)
    assert outcome.passed is passes
    assert figure in outcome.figure


@pytest.mark.parametrize(
    ("there", "passes", "figure"),
    [
        (located(), True, "1 frames, 1 hands, points within 0.00000"),
        (located(hand=0.501), True, "within 0.00707 shoulder widths"),
        (located(hand=0.502), False, "within 0.01414 shoulder widths"),
        (located(is_seen=False), False, "other parts are seen"),
        (DIED, False, "died of SIGILL"),
    ],
)
def test_landmarks_must_lie_at_the_same_place(there: Answer, passes: bool, figure: str) -> None:
    outcome = compare_landmarks(located(), there)
    assert outcome.passed is passes
    assert figure in outcome.figure


def test_a_device_that_is_not_ready_fails_with_the_doctors_last_line() -> None:
    outcome = compare_doctor(Answer(2, "failed   camera\n\nThis device is not ready.\n", "", 1.0))
    assert (outcome.passed, outcome.figure) == (False, "This device is not ready.")
