from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

from models.manifest import SpotterSettings
from models.segmentation import Segmentation, SegmentPrediction, score_segment

FPS = 20
SETTINGS = SpotterSettings()
COARSE = SpotterSettings(stride_s=0.4)  # so few boundaries that a segment may start at each of them
NO_SIGN = 0

Classify = Callable[[int, int], SegmentPrediction]


def timeline(*parts: tuple[int, float]) -> list[int]:
    """The sign of each frame, from signs and their seconds."""
    return [sign_id for sign_id, seconds in parts for _ in range(round(seconds * FPS))]


def classifier(signs: Sequence[int]) -> Classify:
    """A classifier whose confidence grows with the share of a segment's commonest sign."""

    def classify(first: int, last: int) -> SegmentPrediction:
        sign_id, count = Counter(signs[first : last + 1]).most_common(1)[0]
        confidence = (count / (last + 1 - first)) ** 4
        return SegmentPrediction(sign_id, 0.0, 1.0) if sign_id == NO_SIGN else SegmentPrediction(sign_id, confidence, 0)

    return classify


def segment(
    signs: Sequence[int], settings: SpotterSettings = SETTINGS, classify: Classify | None = None
) -> Segmentation:
    segmentation = Segmentation(settings)
    for frame in range(len(signs)):
        if segmentation.is_due(frame / FPS) or frame == len(signs) - 1:
            segmentation.add_boundary(frame, frame / FPS, classify or classifier(signs))
    return segmentation


def found(segmentation: Segmentation) -> list[tuple[int, float, float]]:
    """The sign, start and end of each segment."""
    times = [boundary.time for boundary in segmentation.boundaries]
    return [(one.sign_id, times[one.start], times[end]) for end, one in segmentation.segments()]


def assert_found(segmentation: Segmentation, *expected: tuple[int, float, float]) -> None:
    actual = found(segmentation)
    assert [sign_id for sign_id, _, _ in actual] == [sign_id for sign_id, _, _ in expected]
    for (_, start, end), (_, expected_start, expected_end) in zip(actual, expected, strict=True):
        assert start == pytest.approx(expected_start, abs=SETTINGS.stride_s + 1 / FPS)
        assert end == pytest.approx(expected_end, abs=SETTINGS.stride_s + 1 / FPS)


def test_boundaries_are_a_stride_apart() -> None:
    times = [boundary.time for boundary in segment(timeline((1, 2.0))).boundaries]
    assert [later - time for time, later in pairwise(times)] == pytest.approx([SETTINGS.stride_s] * (len(times) - 1))


def test_one_sign_is_one_segment() -> None:
    assert_found(segment(timeline((7, 1.5))), (7, 0.0, 1.5))


def test_adjacent_signs_are_divided_at_their_border() -> None:
    signs = timeline((1, 0.8), (2, 1.2), (1, 0.8))
    assert_found(segment(signs, COARSE), (1, 0.0, 0.8), (2, 0.8, 2.0), (1, 2.0, 2.8))


def test_time_without_a_sign_is_in_no_segment() -> None:
    signs = timeline((NO_SIGN, 0.8), (3, 0.8), (NO_SIGN, 0.8))
    assert_found(segment(signs, COARSE), (3, 0.8, 1.6))


def test_nothing_confident_has_no_segment() -> None:
    unsure = segment(timeline((1, 3.0)), classify=lambda *_: SegmentPrediction(1, SETTINGS.min_confidence, 0.0))
    assert found(unsure) == []
    assert unsure.boundaries[-1].score == 0.0


def test_sign_less_likely_than_no_sign_has_no_segment() -> None:
    assert found(segment(timeline((1, 3.0)), classify=lambda *_: SegmentPrediction(1, 0.45, 0.55))) == []


def test_segment_is_no_shorter_and_no_longer_than_the_settings_allow() -> None:
    durations = []
    settings = SpotterSettings(min_duration_s=0.45, max_duration_s=1.0)

    def classify(first: int, last: int) -> SegmentPrediction:
        durations.append((last - first) / FPS)
        return SegmentPrediction(1, 0.5, 0.0)

    segment(timeline((1, 6.0)), settings, classify)
    assert min(durations) == pytest.approx(0.45)
    assert max(durations) <= 1.0 + 1e-9


def test_segment_penalty_joins_what_a_small_penalty_divides() -> None:
    signs = timeline((1, 0.6), (2, 0.6))
    assert len(found(segment(signs, SpotterSettings(segment_penalty_s=0.1)))) == 2
    assert len(found(segment(signs, SpotterSettings(segment_penalty_s=0.5)))) == 0


def test_score_is_explained_seconds_less_the_penalty() -> None:
    settings = SpotterSettings(min_confidence=0.3, segment_penalty_s=0.2)
    assert score_segment(2.0, SegmentPrediction(1, 0.9, 0.1), settings) == pytest.approx(2.0 * (0.9 - 0.3) - 0.2)
    assert score_segment(2.0, SegmentPrediction(1, 0.9, 0.5), settings) == pytest.approx(2.0 * (0.9 - 0.5) - 0.2)


def test_letter_needs_less_time_and_confidence_than_a_word() -> None:
    letter, word = (SegmentPrediction(1, 0.5, 0.0, is_spelling=kind) for kind in (True, False))
    assert score_segment(0.6, letter, SETTINGS) > 0.0 > score_segment(0.6, word, SETTINGS)
    assert len(found(segment(timeline((1, 0.6)), classify=lambda *_: letter))) == 1
    assert found(segment(timeline((1, 0.6)), classify=lambda *_: word)) == []


def test_segments_until_a_time_leave_out_later_ones() -> None:
    segmentation = segment(timeline((1, 0.8), (2, 0.8)), COARSE)
    assert [one.sign_id for _, one in segmentation.segments(1.3)] == [1]
    assert [one.sign_id for _, one in segmentation.segments(0.5)] == []


@pytest.mark.parametrize("seed", range(20))
def test_best_score_is_that_of_the_best_of_all_segmentations(seed: int) -> None:
    random = np.random.default_rng(seed)
    predictions: dict[tuple[int, int], SegmentPrediction] = {}

    def classify(first: int, last: int) -> SegmentPrediction:
        prediction = SegmentPrediction(int(random.integers(3)), float(random.random()), float(0.5 * random.random()))
        return predictions.setdefault((first, last), prediction)

    segmentation = segment(timeline((1, 2.4)), classify=classify)
    boundaries = segmentation.boundaries

    def best_score(end: int) -> float:
        """The best score by trying every segmentation up to a boundary."""
        if end == 0:
            return 0.0
        endings = [best_score(one.start) + one.score for one in boundaries[end].candidates]
        return max([best_score(end - 1), *endings])

    for end, boundary in enumerate(boundaries):
        assert boundary.score == pytest.approx(best_score(end))
    total = sum(one.score for _, one in segmentation.segments())
    assert total == pytest.approx(boundaries[-1].score)
    ends = [(one.start, end) for end, one in segmentation.segments()]
    assert all(start >= previous for (_, previous), (start, _) in pairwise(ends))


def test_candidate_that_cannot_be_the_best_is_not_classified() -> None:
    """A short segment cannot beat a long letter of full confidence."""
    classified = []

    def classify(first: int, last: int) -> SegmentPrediction:
        classified.append((first, last))
        return SegmentPrediction(1, 1.0, 0.0, is_spelling=True)

    segmentation = segment(timeline((1, 1.5)), classify=classify)
    assert {first for first, _ in classified} == {0}
    assert len(classified) <= len(segmentation.boundaries)


def test_few_candidates_are_classified_at_each_boundary() -> None:
    calls: Counter[int] = Counter()

    def classify(first: int, last: int) -> SegmentPrediction:
        calls[last] += 1
        return SegmentPrediction(1, 0.0, 1.0)

    segment(timeline((1, 12.0)), classify=classify)
    assert max(calls.values()) == 5


def test_stable_confident_sign_is_reported_before_its_end() -> None:
    segmentation = Segmentation(SETTINGS)
    signs = timeline((4, 2.0))
    reported = None
    for frame in range(len(signs)):
        if reported is None and segmentation.is_due(frame / FPS):
            segmentation.add_boundary(frame, frame / FPS, classifier(signs))
            reported = (frame / FPS, one) if (one := segmentation.confident_segment()) is not None else None
    assert reported is not None
    time, one = reported
    assert (one.sign_id, one.start) == (4, 0)
    earliest = SETTINGS.min_duration_s + SETTINGS.early_after_s
    assert earliest - 1e-6 <= time <= earliest + 2 * SETTINGS.stride_s


@pytest.mark.parametrize(
    ("sign_ids", "confidence"), [((1, 2), 0.99), ((1,), SETTINGS.early_confidence - 0.01)], ids=["unstable", "unsure"]
)
def test_unstable_or_unsure_sign_is_not_reported_before_its_end(sign_ids: tuple[int, ...], confidence: float) -> None:
    def classify(first: int, last: int) -> SegmentPrediction:
        return SegmentPrediction(sign_ids[(last // 3) % len(sign_ids)], confidence, 0.0)

    assert segment(timeline((1, 3.0)), classify=classify).confident_segment() is None


def test_segmentation_that_starts_later_keeps_the_later_segments() -> None:
    segmentation = segment(timeline((1, 1.0), (2, 1.0), (3, 1.0)))
    expected = found(segmentation)[1:]
    end_of_first, _ = next(segmentation.segments())
    first_frame = segmentation.boundaries[end_of_first].frame
    segmentation.start_at(end_of_first)
    assert segmentation.boundaries[0].frame == 0
    assert segmentation.boundaries[-1].frame + first_frame == round(segmentation.boundaries[-1].time * FPS)
    assert found(segmentation) == expected


def test_boundaries_after_a_frame_are_dropped_with_their_segments() -> None:
    segmentation = segment(timeline((1, 1.0), (2, 1.0)))
    segmentation.drop_after(round(1.1 * FPS))
    assert_found(segmentation, (1, 0.0, 1.0))
    segmentation.clear()
    assert found(segmentation) == []
