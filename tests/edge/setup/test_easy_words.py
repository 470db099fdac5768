"""Asks for three words of a vocabulary, and notes which are seen."""

from datetime import UTC, datetime
from pathlib import Path

from edge.recognition.word import Word
from edge.setup.easy_words import Trial, choose_words, shown_signs
from models.labels import Sign, read_labels

SHIPPED = Path(__file__).parents[3] / "models" / "karsl-230"
SIGNS = read_labels(SHIPPED / "labels.json")


def word(sign: Sign, confidence: float, *, corrects: int | None = None) -> Word:
    now = datetime.now(UTC)
    return Word(
        seq=1,
        sign_id=sign.sign_id,
        word=sign.word,
        word_en=sign.word_en,
        confidence=confidence,
        alternatives=(),
        started_at=now,
        ended_at=now,
        emitted_at=now,
        model="m",
        device="d",
        corrects=corrects,
    )


def test_shipped_model_asks_for_a_greeting_and_two_others_that_its_dictionary_shows() -> None:
    shown = shown_signs(SHIPPED)
    words = choose_words(SIGNS, None, shown)
    assert [sign.word_en for sign in words] == ["peace be upon you", "eat", "house"]
    assert all(sign.sign_id in shown for sign in words)


def test_words_of_the_vocabulary_alone() -> None:
    allowed = frozenset({76, 161, 293, 97})
    assert [sign.sign_id for sign in choose_words(SIGNS, allowed, frozenset({97}))] == [293, 161, 97]


def test_vocabulary_of_letters_and_one_smaller_than_three() -> None:
    letters = [sign.sign_id for sign in SIGNS if sign.kind == "letter"]
    assert len(choose_words(SIGNS, frozenset(letters), frozenset())) == 3
    assert [sign.sign_id for sign in choose_words(SIGNS, frozenset({letters[0], 76}), frozenset())] == [76, letters[0]]
    assert choose_words(SIGNS, frozenset(), frozenset()) == ()


def test_bundle_whose_exemplars_cannot_be_read(tmp_path: Path) -> None:
    assert shown_signs(tmp_path) == frozenset()
    (tmp_path / "exemplars.npz").write_bytes(b"no archive")
    assert shown_signs(tmp_path) == frozenset()


def test_words_are_seen_with_their_highest_confidence() -> None:
    first, second, third, other = SIGNS[:4]
    trial = Trial((first, second, third), {first.sign_id})
    for confidence in (0.7, 0.9, 0.8):
        trial.see(word(first, confidence))
    trial.see(word(second, 0.5, corrects=1))
    trial.see(word(other, 0.6))
    assert [(one.seen, one.confidence, one.has_movement) for one in trial.words] == [
        (True, 0.9, True),
        (False, None, False),
        (False, None, False),
    ]
    assert [sign.sign_id for sign in trial.others] == [other.sign_id]
