import logging
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from edge.config import RateConfig
from edge.monitoring.frame_rate import FrameRateController, Rate
from edge.monitoring.thermal import ThermalState
from landmarkers.frame import Frame, Landmarks
from tests.synthetic_signer import Sign, even_times, stream

NO_IMAGE = np.zeros((1, 1, 3), np.uint8)
RAISE_THRESHOLD = 1.0
IDLE_AFTER_S, IDLE_STRIDE_S, EMPTY_STRIDE_S = 2.0, 0.15, 0.6
COOL, HOT = ThermalState(celsius=50.0), ThermalState(celsius=76.0)


def new_controller() -> FrameRateController:
    return FrameRateController(RateConfig(), RAISE_THRESHOLD)


def processed(controller: FrameRateController, seen: Sequence[Landmarks]) -> list[float]:
    """Return the times of the frames that are processed."""
    kept = []
    for landmarks in seen:
        if controller.should_process(landmarks.time):
            controller.observe(Frame(NO_IMAGE, landmarks.time), landmarks)
            kept.append(landmarks.time)
    return kept


def nobody(rate: float, end: float) -> list[Landmarks]:
    return [Landmarks.empty(time) for time in even_times(rate, end)]


def longest_gap(times: Sequence[float]) -> float:
    return max(later - earlier for earlier, later in pairwise(times))


def within(times: Sequence[float], start: float, end: float) -> list[float]:
    return [time for time in times if start <= time <= end]


def processed_per_s(controller: FrameRateController, *, start: float) -> float:
    """Return how many frames a second of a camera with 30 are processed while somebody signs for ten seconds."""
    times = [start + time for time in even_times(30, 10.0)]
    return len(processed(controller, stream(times, Sign(start, times[-1])))) / 10.0


def warm_up(controller: FrameRateController, *, end: float, every_s: float = 5.0, celsius: float) -> list[str]:
    """Measure one temperature from 1000 s on the monotonic clock on; return the rate at the frame after each time."""
    rates = []
    for number in range(round(end / every_s)):
        controller.update_thermal(ThermalState(celsius=celsius), now=1000.0 + number * every_s)
        controller.should_process(50.0 + number / 100)
        rates.append(controller.rate.value)
    return rates


def test_every_frame_is_processed_while_somebody_signs() -> None:
    times = even_times(30, 10.0)
    controller = new_controller()
    assert processed(controller, stream(times, Sign(0.0, 10.0))) == times
    assert (controller.rate, controller.skipped) == (Rate.FULL, 0)


def test_every_frame_is_processed_in_pauses_between_signs() -> None:
    times = even_times(15, 8.0)
    signs = [Sign(0.5, 1.5), Sign(3.0, 4.0), Sign(5.5, 6.5)]
    assert processed(new_controller(), stream(times, *signs)) == times


@pytest.mark.parametrize("rate", [10, 12, 15, 20, 25, 30, 60])
def test_few_frames_are_processed_while_nobody_is_in_view_and_none_too_late(rate: int) -> None:
    controller = new_controller()
    kept = within(processed(controller, nobody(rate, 12.0)), IDLE_AFTER_S, 12.0)
    assert longest_gap(kept) <= EMPTY_STRIDE_S + 1e-6
    assert len(kept) <= 10.0 / (EMPTY_STRIDE_S * 0.8)
    assert controller.rate is Rate.IDLE


def test_person_who_comes_into_view_is_seen_at_once_and_their_rising_hand_in_time() -> None:
    after = [landmarks for landmarks in stream(even_times(30, 12.0), Sign(8.0, 9.0)) if landmarks.time > 5.0]
    kept = processed(new_controller(), [*nobody(30, 5.0), *after])
    assert within(kept, 5.0 + 1e-6, 8.0)[0] - 5.0 <= EMPTY_STRIDE_S
    assert longest_gap(within(kept, 6.0, 8.0)) <= IDLE_STRIDE_S + 1e-6
    assert within(kept, 8.0, 9.0)[0] - 8.0 < 0.2


def test_half_of_15_frames_a_second_are_processed_while_the_hands_rest() -> None:
    controller = new_controller()
    kept = within(processed(controller, stream(even_times(15, 12.0))), IDLE_AFTER_S, 12.0)
    assert 70 <= len(kept) <= 76
    assert controller.skipped == pytest.approx(75, abs=2)


def test_camera_slower_than_the_stride_is_processed_in_full() -> None:
    times = even_times(5, 10.0)
    assert processed(new_controller(), stream(times)) == times


def test_frame_after_a_gap_is_processed() -> None:
    times = [*even_times(15, 10.0), 12.0, 12.07]
    assert 12.0 in processed(new_controller(), [Landmarks.empty(time) for time in times])


@pytest.mark.parametrize("rate", [10, 15, 25, 30, 60])
@pytest.mark.parametrize("begins", [5.0, 5.03, 5.06, 5.09, 5.12])
def test_rising_hand_is_seen_in_time_and_then_every_frame_is_processed(rate: int, begins: float) -> None:
    times = even_times(rate, 8.0)
    kept = processed(new_controller(), stream(times, Sign(begins, 8.0)))
    seen = within(kept, begins, 8.0)
    assert seen[0] - begins <= IDLE_STRIDE_S + 1 / rate
    assert seen[0] - begins < 0.2
    assert seen == within(times, seen[0], 8.0)


def test_stride_of_zero_processes_every_frame() -> None:
    controller = FrameRateController(RateConfig(idle_stride_s=0.0), RAISE_THRESHOLD)
    assert len(processed(controller, nobody(30, 10.0))) == len(even_times(30, 10.0))


def test_hot_processor_lowers_the_rate_in_steps_and_a_cool_one_raises_it_again() -> None:
    controller = new_controller()
    assert processed_per_s(controller, start=0.0) == pytest.approx(30.0, abs=0.6)
    assert set(warm_up(controller, end=60.0, celsius=76.0)) == {"hot"}
    assert processed_per_s(controller, start=100.0) == pytest.approx(5.0, abs=0.6)
    controller.update_thermal(COOL, now=2000.0)
    assert processed_per_s(controller, start=200.0) == pytest.approx(10.0, abs=0.6)
    controller.update_thermal(COOL, now=2005.0)
    assert processed_per_s(controller, start=300.0) == pytest.approx(10.0, abs=0.6)
    controller.update_thermal(COOL, now=2100.0)
    assert processed_per_s(controller, start=400.0) == pytest.approx(30.0, abs=0.6)
    assert controller.rate is Rate.FULL


def test_temperature_just_below_the_limit_changes_nothing() -> None:
    controller = new_controller()
    controller.should_process(0.0)
    controller.update_thermal(HOT, now=0.0)
    assert set(warm_up(controller, end=600.0, celsius=72.0)) == {"hot"}
    controller = new_controller()
    controller.should_process(0.0)
    assert "hot" not in warm_up(controller, end=600.0, celsius=74.9)


@pytest.mark.parametrize("celsius", [60.0, None])
def test_throttling_without_heat_lowers_the_rate_by_one_step(
    celsius: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    controller = new_controller()
    controller.should_process(0.0)
    for number in range(100):
        controller.update_thermal(ThermalState(celsius, throttled=True), now=5.0 * number)
    assert processed_per_s(controller, start=100.0) == pytest.approx(10.0, abs=0.6)
    assert controller.rate is Rate.HOT
    assert [message.split(":")[0] for message in caplog.messages] == [
        "the processor is throttled" + (" at 60 °C" if celsius else "")
    ]


def test_heat_is_logged_once_when_the_rate_is_lowered_and_once_when_it_is_full_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    controller = new_controller()
    controller.should_process(0.0)
    for number in range(3):
        controller.update_thermal(HOT, now=5.0 * number)
    for number in range(60):
        controller.update_thermal(COOL, now=100.0 + 5.0 * number)
    assert caplog.messages == [
        "the processor is hot at 76 °C: at most 10 frames a second are processed",
        "the processor has recovered at 50 °C: all frames are processed again",
    ]


def test_rate_stays_full_without_a_sensor(caplog: pytest.LogCaptureFixture) -> None:
    controller = new_controller()
    controller.should_process(0.0)
    for number in range(100):
        controller.update_thermal(ThermalState(), now=5.0 * number)
    controller.should_process(0.1)
    assert controller.rate is Rate.FULL
    assert caplog.messages == []


def test_stream_that_never_asks_is_not_reported_as_hot(caplog: pytest.LogCaptureFixture) -> None:
    controller = new_controller()
    controller.update_thermal(HOT, now=0.0)
    assert (controller.rate, controller.thermal) == (Rate.FULL, HOT)
    assert caplog.messages == []
