import pytest

from models.classifier import Candidate
from models.labels import Sign
from trainer.evaluation.alignment import align
from trainer.evaluation.stream_classifier import Segment
from trainer.evaluation.stream_evaluation import StreamResult
from trainer.evaluation.stream_metrics import ErrorCause, StreamMetrics, error_cause
from trainer.evaluation.streams import ReferenceSign
from trainer.evaluation.wrists import Wrists


def signed(text: str) -> tuple[ReferenceSign, ...]:
    """One sign for each letter, from one even second to the next odd one."""
    return tuple(ReferenceSign(ord(letter), letter, 2.0 * n, 2.0 * n + 1.0) for n, letter in enumerate(text))


def segment(letter: str, start: float, end: float, *, emitted: bool = True, no_sign: float = 0.0) -> Segment:
    sign = Sign(sign_id=ord(letter), word=letter, word_en=letter)
    return Segment(start, end, end + 0.3, Candidate(sign, 0.9 if emitted else 0.2), no_sign, emitted)


def words(text: str) -> tuple[Segment, ...]:
    """One word for each letter, over the time of its sign; `.` is a sign without a segment."""
    return tuple(segment(letter, 2.0 * n, 2.0 * n + 1.0) for n, letter in enumerate(text) if letter != ".")


def result(signs: tuple[ReferenceSign, ...], segments: tuple[Segment, ...]) -> StreamResult:
    not_drawn = Wrists.__new__(Wrists)
    return StreamResult("01", True, 30, not_drawn, signs, segments, tuple(align(signs, segments)))


def metrics(signs: tuple[ReferenceSign, ...], segments: tuple[Segment, ...]) -> StreamMetrics:
    return StreamMetrics.of([result(signs, segments)])


@pytest.mark.parametrize(
    ("signs", "emitted", "correct", "substitutions", "deletions", "insertions"),
    [
        ("abcd", "abcd", 4, 0, 0, 0),
        ("abcd", "abxd", 3, 1, 0, 0),
        ("abcd", "ab.d", 3, 0, 1, 0),
        ("abcd", "", 0, 0, 4, 0),
        ("aaaa", "a.aa", 3, 0, 1, 0),
    ],
)
def test_errors_are_counted_by_edit_distance(
    signs: str, emitted: str, correct: int, substitutions: int, deletions: int, insertions: int
) -> None:
    counted = metrics(signed(signs), words(emitted))
    assert (counted.words, counted.correct, counted.substitutions) == (len(signs), correct, substitutions)
    assert (counted.deletions, counted.insertions) == (deletions, insertions)
    assert counted.wer == pytest.approx((substitutions + deletions + insertions) / len(signs))


def test_word_emitted_twice_for_one_sign_is_correct_once_and_inserted_once() -> None:
    counted = metrics(signed("ab"), (segment("a", 0.0, 0.5), segment("a", 0.6, 1.0), segment("b", 2.0, 3.0)))
    assert (counted.correct, counted.insertions, counted.deletions) == (2, 1, 0)
    assert (counted.insertion_rate, counted.wer) == (0.5, 0.5)


def test_correct_word_at_the_wrong_time_is_not_aligned_with_its_sign() -> None:
    counted = metrics(signed("ab"), (segment("b", 0.1, 0.9),))
    assert (counted.correct, counted.substitutions, counted.deletions) == (0, 1, 1)
    counted = metrics(signed("ab"), (segment("b", 5.0, 6.0),))
    assert (counted.correct, counted.deletions, counted.insertions) == (0, 2, 1)


def test_word_error_rate_ignores_times() -> None:
    assert metrics(signed("ab"), (segment("b", 0.1, 0.9),)).wer == 0.5
    assert metrics(signed("ab"), (segment("b", 5.0, 6.0),)).wer == 0.5


def test_word_error_rate_counts_only_emitted_words_and_never_pairs_words_of_different_streams() -> None:
    silent = segment("a", 0.0, 1.0, emitted=False)
    assert metrics(signed("a"), (silent,)).wer == 1.0
    swapped = [result(signed("a"), words("b")), result(signed("b"), words("a"))]
    assert StreamMetrics.of(swapped).wer == 1.0
    assert StreamMetrics.of([result(signed("abc"), words("abc")), result(signed("a"), ())]).wer == 0.25


def test_of_equally_good_alignments_the_one_with_most_correct_words_counts() -> None:
    counted = metrics(signed("ab"), (segment("b", 0.0, 3.0), segment("c", 2.5, 3.5)))
    assert (counted.correct, counted.deletions, counted.insertions, counted.substitutions) == (1, 1, 1, 0)


def test_delay_counts_from_the_end_of_the_sign_for_correct_words_only() -> None:
    counted = metrics(signed("abc"), (segment("a", 0.0, 0.9), segment("x", 2.0, 3.0), segment("c", 4.0, 5.5)))
    assert counted.delays_s == pytest.approx((0.2, 0.8))
    assert counted.delay_percentile(50) == pytest.approx(0.5)
    assert metrics(signed("a"), ()).delay_percentile(50) is None


@pytest.mark.parametrize(
    ("segments", "cause"),
    [
        ((), ErrorCause.NOT_SEGMENTED),
        ((segment("a", 0.0, 3.0),), ErrorCause.MERGED),
        ((segment("x", 2.0, 3.0, emitted=False, no_sign=0.7),), ErrorCause.NO_SIGN),
        ((segment("b", 2.0, 3.0, emitted=False),), ErrorCause.LOW_CONFIDENCE),
        ((segment("x", 2.0, 3.0), segment("b", 2.9, 3.0)), ErrorCause.MISCLASSIFIED),
    ],
)
def test_error_cause_is_judged_by_the_segment_that_covers_most_of_the_sign(
    segments: tuple[Segment, ...], cause: ErrorCause
) -> None:
    signs = signed("abc")
    assert error_cause(signs[1], signs, segments) is cause
