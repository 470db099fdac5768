"""Tests that words become utterances between rests, that a correction changes its line, and that nothing is lost."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.conversation import MAX_SILENCE_S, REST_S, Conversation
from edge.recognition.word import StreamClock, Word, WordFactory
from edge.utterances.builder import MAX_WORDS
from edge.utterances.utterance import Event, Line, Utterance
from models.karsl import karsl_signs
from models.labels import Sign

BEGAN = datetime(2026, 11, 22, 16, tzinfo=UTC)
SIGNS = {reviewed.word: reviewed for _, reviewed in karsl_signs().values()}


class RecordingSink:
    """A sink that keeps its events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        """Nothing is buffered."""

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


class Speaker:
    """A conversation with a stream of one frame every tenth of a second."""

    def __init__(self) -> None:
        self.sink = RecordingSink()
        self.factory = WordFactory(StreamClock(fast=True), model="tiny@3", device="entrance", threshold=0.5)
        self.conversation = Conversation([self.sink], self.factory)
        self.time = 0.0

    def words(self, texts: str) -> Iterator[Word]:
        """Make the words of signs of KArSL when they are asked for, as the recogniser does."""
        for text in texts.split():
            at = BEGAN + timedelta(seconds=self.time)
            yield Word(
                seq=self.factory.next_seq(),
                confidence=0.9,
                alternatives=(),
                started_at=at - timedelta(seconds=1),
                ended_at=at,
                emitted_at=at,
                model="tiny@3",
                device="entrance",
                **SIGNS[text].model_dump(),
            )

    def sign(self, texts: str) -> None:
        """Sign with a hand up, one sign in each frame."""
        for text in texts.split():
            self.conversation.say(self.words(text))
            self.wait(0.1, is_active=True)

    def wait(self, seconds: float, *, is_active: bool = False) -> None:
        """Let frames pass in which nothing is signed."""
        for _ in range(round(seconds / 0.1)):
            self.time += 0.1
            self.conversation.observe_activity(self.time, is_active=is_active)

    @property
    def lines(self) -> list[str]:
        return [line.text for line in self.sink.of(Line)]

    @property
    def utterances(self) -> list[Utterance]:
        return self.sink.of(Utterance)


@pytest.fixture
def speaker() -> Speaker:
    return Speaker()


def test_what_lies_between_two_rests_is_one_line_that_grows(speaker: Speaker) -> None:
    speaker.sign("وجه م ن ى 300 5 20")
    assert speaker.lines == ["وجه", "وجه م", "وجه من", "وجه منى", "وجه منى 300", "وجه منى 305", "وجه منى 325"]
    assert not speaker.utterances
    speaker.wait(REST_S + 0.2)
    speaker.sign("كبد")
    speaker.wait(REST_S + 0.2)
    first, second = speaker.utterances
    assert (first.seq, first.text, first.words) == (8, "وجه منى 325", (1, 2, 3, 4, 5, 6, 7))
    assert (second.seq, second.text, second.words) == (10, "كبد", (9,))
    assert first.started_at == speaker.sink.of(Word)[0].started_at
    assert first.ended_at == speaker.sink.of(Word)[6].ended_at
    assert (first.model, first.device, first.late, first.corrects) == ("tiny@3", "entrance", False, None)


def test_shorter_rest_is_part_of_the_utterance(speaker: Speaker) -> None:
    speaker.sign("م")
    speaker.wait(REST_S - 0.2)
    speaker.sign("ن")
    speaker.wait(REST_S + 0.2)
    assert [utterance.text for utterance in speaker.utterances] == ["من"]


def test_hands_that_look_raised_for_ever_do_not_hold_the_utterance(speaker: Speaker) -> None:
    speaker.sign("وجه")
    speaker.wait(MAX_SILENCE_S - 0.5, is_active=True)
    assert not speaker.utterances
    speaker.wait(1.0, is_active=True)
    assert [utterance.text for utterance in speaker.utterances] == ["وجه"]


def test_nobody_signs_and_nothing_is_said(speaker: Speaker) -> None:
    speaker.wait(10.0)
    speaker.conversation.end()
    assert speaker.sink.events == []


def test_endless_signing_is_divided(speaker: Speaker) -> None:
    speaker.sign("وجه " * (MAX_WORDS + 1))
    speaker.conversation.end()
    assert [len(utterance.words) for utterance in speaker.utterances] == [MAX_WORDS, 1]


def test_word_of_the_line_in_progress_is_corrected(speaker: Speaker) -> None:
    speaker.sign("م ن")
    correction = speaker.conversation.correct(1, SIGNS["ب"])
    assert correction is not None
    assert (correction.seq, correction.corrects, correction.word, correction.kind) == (3, 1, "ب", "letter")
    assert speaker.sink.events[-2:] == [correction, Line(text="بن", words=(1, 2))]
    speaker.sign("ت")
    speaker.conversation.end()
    assert [(utterance.text, utterance.corrects) for utterance in speaker.utterances] == [("بنت", None)]


def test_word_of_an_utterance_is_corrected_again_and_again(speaker: Speaker) -> None:
    speaker.sign("وجه كبد")
    speaker.conversation.end()
    first = speaker.conversation.correct(1, SIGNS["قلب"])
    assert first is not None
    second = speaker.conversation.correct(first.seq, Sign(sign_id=9000, word="نبض", word_en="pulse"))
    third = speaker.conversation.correct(2, None)
    assert second is not None
    assert third is not None
    assert (second.corrects, third.corrects, third.word) == (1, 2, "")
    said, *corrected = speaker.utterances
    assert [(one.text, one.words, one.corrects) for one in corrected] == [
        ("قلب كبد", (1, 2), said.seq),
        ("نبض كبد", (1, 2), said.seq),
        ("نبض", (1,), said.seq),
    ]
    numbers = [event.seq for event in speaker.sink.events if not isinstance(event, Line)]
    assert numbers == sorted(set(numbers))


def test_correction_of_an_unknown_word_changes_nothing(speaker: Speaker) -> None:
    speaker.sign("وجه")
    assert speaker.conversation.correct(12, None) is None
    assert len(speaker.sink.events) == 2


def test_utterance_whose_words_are_all_deleted_is_not_said(speaker: Speaker) -> None:
    speaker.sign("وجه")
    speaker.conversation.correct(1, None)
    assert speaker.lines == ["وجه", ""]
    speaker.conversation.end()
    assert not speaker.utterances


def test_sinks_get_numbers_in_order_though_corrections_come_from_another_thread(speaker: Speaker) -> None:
    speaker.sign("وجه")

    def correct() -> None:
        for _ in range(200):
            speaker.conversation.correct(1, SIGNS["قلب"])

    thread = threading.Thread(target=correct)
    thread.start()
    while thread.is_alive():
        speaker.sign("كبد")
    numbers = [event.seq for event in speaker.sink.events if not isinstance(event, Line)]
    assert numbers == sorted(set(numbers))
    assert len(speaker.sink.of(Word)) == len({word.seq for word in speaker.sink.of(Word)})
