from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.recognition.model_slot import ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, Word, WordFactory
from landmarkers.frame import Landmarks
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from tests.edge.tiny_bundle import PLACES, SIGNS
from tests.synthetic_signer import Sign, even_times, stream

SIGN_IN_PROGRESS = stream(even_times(30, 1.0), Sign(0.5, 9.0, PLACES[1]))


@pytest.fixture
def stages(bundle: Bundle) -> ModelStages:
    words = WordFactory(StreamClock(fast=True), model="tiny@3", device="entrance", threshold=0.6)
    return ModelStages.of(bundle, OnnxClassifier(bundle), words)


def push_all(recogniser: Recogniser, landmarks: list[Landmarks]) -> list[Word]:
    words: list[Word] = []
    for one in landmarks:
        words += [*recogniser.start_frame(one.time), *recogniser.push(one)]
    return words


def test_flush_finishes_the_sign_in_progress(stages: ModelStages) -> None:
    recogniser = Recogniser(stages)
    assert push_all(recogniser, SIGN_IN_PROGRESS) == []
    assert recogniser.is_active
    assert [word.word for word in recogniser.flush()] == [SIGNS[1].word]
    assert list(recogniser.flush()) == []


def test_reset_discards_the_sign_in_progress(stages: ModelStages) -> None:
    recogniser = Recogniser(stages)
    push_all(recogniser, SIGN_IN_PROGRESS)
    recogniser.reset()
    assert not recogniser.is_active
    assert list(recogniser.flush()) == []


def test_scheduled_model_takes_over_with_the_next_frame_while_no_sign_is_in_progress(
    stages: ModelStages, bundle: Bundle
) -> None:
    recogniser, swaps = Recogniser(stages), []
    words = stages.words.with_model(model="tiny@4", threshold=0.6)
    recogniser.schedule(ModelStages.of(bundle, OnnxClassifier(bundle), words), lambda: swaps.append("swapped"))
    assert recogniser.words is stages.words
    push_all(recogniser, SIGN_IN_PROGRESS)
    assert (recogniser.words, swaps) == (words, ["swapped"])
    assert [(word.seq, word.model) for word in recogniser.flush()] == [(1, "tiny@4")]


def test_spotter_and_classifier_are_timed(stages: ModelStages) -> None:
    timed: list[str] = []

    @contextmanager
    def record(stage: str) -> Iterator[None]:
        yield
        timed.append(stage)

    recogniser = Recogniser(stages, record)
    push_all(recogniser, SIGN_IN_PROGRESS)
    list(recogniser.flush())
    assert timed == ["spotter"] * len(SIGN_IN_PROGRESS) + ["classifier"]
