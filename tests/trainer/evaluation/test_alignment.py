import pytest

from models.classifier import Candidate
from models.labels import Sign
from trainer.evaluation.alignment import Segment, StreamResult, align
from trainer.evaluation.stream_metrics import ErrorCause, StreamMetrics, error_cause
from trainer.evaluation.streams import ReferenceSign
from trainer.evaluation.wrists import Wrists


def signed(text: str) -> tuple[ReferenceSign, ...]:
    """A sign a letter, each from one even second to the next odd one."""
    return tuple(ReferenceSign(ord(letter), letter, 2.0 * n, 2.0 * n + 1.0) for n, letter in enumerate(text))


def cut(letter: str, start: float, end: float, *, said: bool = True, no_sign: float = 0.0) -> Segment:
    sign = Sign(sign_id=ord(letter), word=letter, word_en=letter)
    return Segment(start, end, end + 0.3, Candidate(sign, 0.9 if said else 0.2), no_sign, said)


def said(text: str) -> tuple[Segment, ...]:
    """A word a letter, each over its second; `.` is a sign for which nothing was cut."""
    return tuple(cut(letter, 2.0 * n, 2.0 * n + 1.0) for n, letter in enumerate(text) if letter != ".")


def tally(signs: tuple[ReferenceSign, ...], cuts: tuple[Segment, ...]) -> StreamMetrics:
    nobody = Wrists.__new__(Wrists)  # nothing is drawn
    return StreamMetrics.of([StreamResult("01", True, 30, nobody, signs, cuts, tuple(align(signs, cuts)))])


@pytest.mark.parametrize(
    ("signs", "words", "right", "substitutions", "misses", "insertions"),
    [
        ("abcd", "abcd", 4, 0, 0, 0),
        ("abcd", "abxd", 3, 1, 0, 0),
        ("abcd", "ab.d", 3, 0, 1, 0),
        ("abcd", "", 0, 0, 4, 0),
        ("aaaa", "a.aa", 3, 0, 1, 0),
    ],
)
def test_what_became_of_the_signs_is_counted_by_edit_distance(
    signs: str, words: str, right: int, substitutions: int, misses: int, insertions: int
) -> None:
    counted = tally(signed(signs), said(words))
    assert (counted.words, counted.correct, counted.substitutions) == (len(signs), right, substitutions)
    assert (counted.deletions, counted.insertions) == (misses, insertions)


def test_a_word_said_twice_for_one_sign_is_right_once_and_inserted_once() -> None:
    counted = tally(signed("ab"), (cut("a", 0.0, 0.5), cut("a", 0.6, 1.0), cut("b", 2.0, 3.0)))
    assert (counted.correct, counted.insertions, counted.deletions) == (2, 1, 0)
    assert counted.insertion_rate == 0.5


def test_a_right_word_at_the_wrong_time_stands_for_no_sign() -> None:
    counted = tally(signed("ab"), (cut("b", 0.1, 0.9),))
    assert (counted.correct, counted.substitutions, counted.deletions) == (0, 1, 1)
    counted = tally(signed("ab"), (cut("b", 5.0, 6.0),))
    assert (counted.correct, counted.deletions, counted.insertions) == (0, 2, 1)


def test_of_alignments_equally_good_the_one_with_most_words_right_counts() -> None:
    counted = tally(signed("ab"), (cut("b", 0.0, 3.0), cut("c", 2.5, 3.5)))
    assert (counted.correct, counted.deletions, counted.insertions, counted.substitutions) == (1, 1, 1, 0)


def test_the_delay_counts_from_the_end_of_the_sign_and_for_right_words_only() -> None:
    counted = tally(signed("abc"), (cut("a", 0.0, 0.9), cut("x", 2.0, 3.0), cut("c", 4.0, 5.5)))
    assert counted.delays_s == pytest.approx((0.2, 0.8))
    assert counted.delay_percentile(50) == pytest.approx(0.5)
    assert tally(signed("a"), ()).delay_percentile(50) is None


@pytest.mark.parametrize(
    ("cuts", "why"),
    [
        ((), ErrorCause.NOT_SEGMENTED),
        ((cut("a", 0.0, 3.0),), ErrorCause.MERGED),
        ((cut("x", 2.0, 3.0, said=False, no_sign=0.7),), ErrorCause.NO_SIGN),
        ((cut("b", 2.0, 3.0, said=False),), ErrorCause.LOW_CONFIDENCE),
        ((cut("x", 2.0, 3.0), cut("b", 2.9, 3.0)), ErrorCause.MISCLASSIFIED),
    ],
)
def test_why_a_word_was_not_said_is_told_by_the_stretch_over_most_of_its_sign(
    cuts: tuple[Segment, ...], why: ErrorCause
) -> None:
    signs = signed("abc")
    assert error_cause(signs[1], signs, cuts) is why
