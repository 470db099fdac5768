import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from edge.recognition.word import StreamClock, Word, WordFactory
from models.classifier import Candidate, Prediction
from tests.edge.tiny_bundle import SIGNS
from tests.synthetic_signer import Sign, even_times, take

TAKE = take(even_times(10, 1.0), Sign(0.0, 1.0))
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def prediction(confidences: Sequence[float] = (0.9, 0.06, 0.03), no_sign: float = 0.01) -> Prediction:
    return Prediction(
        [Candidate(sign, confidence) for sign, confidence in zip(SIGNS, confidences, strict=True)], no_sign
    )


def factory(*, fast: bool = True, threshold: float = 0.5) -> WordFactory:
    clock = StreamClock(fast=fast)
    return WordFactory(clock, model="tiny@3", device="entrance", threshold=threshold)


def create(words: WordFactory, newest: float = 1.5) -> Word:
    word = words.create(TAKE, prediction(), newest)
    assert word is not None
    return word


def test_event_has_the_agreed_shape() -> None:
    event = json.loads(create(factory()).to_json())
    timestamps = {key: event.pop(key) for key in ("started_at", "ended_at", "emitted_at")}
    assert event == {
        "event_type": "word",
        "seq": 1,
        "sign_id": 76,
        "word": "قصبة هوائية",
        "word_en": "Trachea",
        "kind": "word",
        "confidence": 0.9,
        "alternatives": [
            {"sign_id": 75, "word": "جهاز تنفسي", "confidence": 0.06},
            {"sign_id": 71, "word": "هيكل عظمي", "confidence": 0.03},
        ],
        "model": "tiny@3",
        "device": "entrance",
        "late": False,
    }
    assert all(TIMESTAMP.fullmatch(timestamp) for timestamp in timestamps.values())


def test_keys_are_in_the_agreed_order() -> None:
    assert list(json.loads(create(factory()).to_json())) == [
        *("event_type", "seq", "sign_id", "word", "word_en", "kind", "confidence", "alternatives"),
        *("started_at", "ended_at", "emitted_at", "model", "device", "late"),
    ]


def test_event_is_one_line_that_reads_back_as_the_same_word() -> None:
    line = create(factory()).to_json()
    assert "\n" not in line
    assert "قصبة هوائية" in line
    assert Word.model_validate_json(line).to_json() == line


def test_word_of_another_release_is_read_without_what_is_unknown() -> None:
    word = create(factory())
    event = json.loads(word.to_json())
    event |= {"hands": 2}
    event["alternatives"][0]["kind"] = "letter"
    del event["late"]  # it has a default value
    assert Word.model_validate_json(json.dumps(event)).to_json() == word.to_json()


@pytest.mark.parametrize(
    ("sign_id", "word", "word_en", "stored", "kind"),
    [
        (33, "ب", "baa", {}, "letter"),  # of a release before kinds
        (37, "ح", "Haa", {"kind": None}, "letter"),  # with the words of KArSL's own sheet
        (6, "5", "5", {"kind": "phrase"}, "number"),  # of a later release
        (33, "coffee", "coffee", {}, "word"),  # the number alone says nothing
        (33, "ب", "baa", {"kind": "word"}, "word"),
    ],
)
def test_word_without_a_known_kind_has_that_of_its_sign(
    sign_id: int, word: str, word_en: str, stored: dict[str, str], kind: str
) -> None:
    event = json.loads(create(factory()).to_json()) | {"sign_id": sign_id, "word": word, "word_en": word_en}
    del event["kind"]
    assert Word.model_validate_json(json.dumps(event | stored)).kind == kind


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seq", "9" * 5000),
        ("seq", str(2**63)),
        ("seq", "-1"),
        ("confidence", "NaN"),
        ("confidence", "1e999"),
        ("word", r'"\ud800"'),
        ("started_at", '"2026-11-22T16:00:01.20"'),
        ("alternatives", "[" * 60_000),
        ("kind", "[" * 60_000),
        ("event_type", '"utterance"'),
    ],
)
def test_what_cannot_be_a_word_is_a_validation_error(key: str, value: str) -> None:
    event = json.loads(create(factory()).to_json()) | {key: "VALUE"}
    with pytest.raises(ValidationError):
        Word.model_validate_json(json.dumps(event).replace('"VALUE"', value))


def test_no_word_below_the_threshold() -> None:
    assert factory(threshold=0.95).create(TAKE, prediction(), 1.5) is None
    assert factory(threshold=0.9).create(TAKE, prediction(), 1.5) is not None


def test_no_word_where_no_sign_is_likelier() -> None:
    doubtful = prediction((0.4, 0.1, 0.0), no_sign=0.5)
    assert factory(threshold=0.0).create(TAKE, doubtful, 1.5) is None


def test_words_are_numbered_without_gaps() -> None:
    words = factory()
    first = create(words)
    assert words.create(TAKE, prediction((0.4, 0.3, 0.2), no_sign=0.1), 1.5) is None
    assert (first.seq, create(words).seq) == (1, 2)


def test_fast_stream_has_its_own_clock() -> None:
    word = create(factory(fast=True), newest=1.5)
    assert word.ended_at - word.started_at == timedelta(seconds=1)
    assert word.emitted_at - word.ended_at == timedelta(seconds=0.5)
    assert word.delay_s == pytest.approx(0.5)


def test_live_word_is_emitted_now_by_the_wall_clock() -> None:
    words = factory(fast=False)
    words.clock.tick(0.0)
    before = datetime.now(UTC)
    word = create(words, newest=1.5)
    assert before <= word.emitted_at <= datetime.now(UTC)
    assert word.ended_at - word.started_at == timedelta(seconds=1)


def test_beginning_of_a_live_stream_is_computed_back_from_now() -> None:
    clock = StreamClock(fast=False)
    before = datetime.now(UTC)
    clock.tick(100.0)
    assert before <= clock.at(100.0) <= datetime.now(UTC)
