import logging
from collections.abc import Sequence
from itertools import pairwise

import pytest

from edge.config import RateConfig
from edge.monitoring.frame_rate import FrameRateController, Rate
from edge.monitoring.thermal import ThermalState
from landmarkers.frame import Landmarks
from tests.synthetic_signer import Sign, even_times, stream

RAISED_ABOVE = 1.0
IDLE_AFTER_S, LOOK_EVERY_S = 2.0, 0.15
COOL, HOT = ThermalState(celsius=50.0), ThermalState(celsius=76.0)


def new_governor() -> FrameRateController:
    return FrameRateController(RateConfig(), RAISED_ABOVE)


def looks(governor: FrameRateController, seen: Sequence[Landmarks]) -> list[float]:
    """The times of those frames that are looked at."""
    looked = []
    for landmarks in seen:
        if governor.should_process(landmarks.time):
            governor.observe(landmarks)
            looked.append(landmarks.time)
    return looked


def nobody(rate: float, end: float) -> list[Landmarks]:
    return [Landmarks.empty(time) for time in even_times(rate, end)]


def longest_gap(times: Sequence[float]) -> float:
    return max(later - earlier for earlier, later in pairwise(times))


def within(times: Sequence[float], start: float, end: float) -> list[float]:
    return [time for time in times if start <= time <= end]


def looks_a_second(governor: FrameRateController, *, start: float) -> float:
    """How many frames of a camera with 30 a second are looked at while somebody signs for ten seconds."""
    times = [start + time for time in even_times(30, 10.0)]
    return len(looks(governor, stream(times, Sign(start, times[-1])))) / 10.0


def warm_up(governor: FrameRateController, *, end: float, every_s: float = 5.0, celsius: float) -> list[str]:
    """Feel one temperature from 1000 s on the monotonic clock on; the rate at the frame that comes after each time."""
    rates = []
    for number in range(round(end / every_s)):
        governor.update_thermal(ThermalState(celsius=celsius), now=1000.0 + number * every_s)
        governor.should_process(50.0 + number / 100)
        rates.append(governor.rate.value)
    return rates


def test_every_frame_is_looked_at_while_somebody_signs() -> None:
    times = even_times(30, 10.0)
    governor = new_governor()
    assert looks(governor, stream(times, Sign(0.0, 10.0))) == times
    assert (governor.rate, governor.skipped) == (Rate.FULL, 0)


def test_every_frame_is_looked_at_in_the_pauses_between_signs() -> None:
    times = even_times(15, 8.0)
    signs = [Sign(0.5, 1.5), Sign(3.0, 4.0), Sign(5.5, 6.5)]
    assert looks(new_governor(), stream(times, *signs)) == times


@pytest.mark.parametrize("rate", [10, 12, 15, 20, 25, 30, 60])
def test_few_frames_are_looked_at_while_nobody_is_there_and_none_too_late(rate: int) -> None:
    governor = new_governor()
    looked = within(looks(governor, nobody(rate, 12.0)), IDLE_AFTER_S, 12.0)
    assert longest_gap(looked) <= LOOK_EVERY_S + 1e-6
    assert len(looked) <= 10.0 / (LOOK_EVERY_S / 2)
    assert governor.rate is Rate.IDLE


def test_at_15_frames_a_second_half_of_them_are_looked_at_while_the_hands_rest() -> None:
    governor = new_governor()
    looked = within(looks(governor, stream(even_times(15, 12.0))), IDLE_AFTER_S, 12.0)
    assert 70 <= len(looked) <= 76
    assert governor.skipped == pytest.approx(75, abs=2)


def test_a_camera_slower_than_the_looks_is_looked_at_in_full() -> None:
    times = even_times(5, 10.0)
    assert looks(new_governor(), nobody(5, 10.0)) == times


def test_a_frame_after_a_gap_of_the_camera_is_looked_at() -> None:
    times = [*even_times(15, 10.0), 12.0, 12.07]
    assert 12.0 in looks(new_governor(), [Landmarks.empty(time) for time in times])


@pytest.mark.parametrize("rate", [10, 15, 25, 30, 60])
@pytest.mark.parametrize("begins", [5.0, 5.03, 5.06, 5.09, 5.12])
def test_a_rising_hand_is_seen_within_the_wake_time_and_then_every_frame_is_looked_at(rate: int, begins: float) -> None:
    times = even_times(rate, 8.0)
    looked = looks(new_governor(), stream(times, Sign(begins, 8.0)))
    seen = within(looked, begins, 8.0)
    assert seen[0] - begins <= LOOK_EVERY_S + 1 / rate
    assert seen[0] - begins < 0.2
    assert seen == within(times, seen[0], 8.0)


def test_a_pace_of_zero_seconds_looks_at_every_frame() -> None:
    governor = FrameRateController(RateConfig(idle_stride_s=0.0), RAISED_ABOVE)
    assert len(looks(governor, nobody(30, 10.0))) == len(even_times(30, 10.0))


def test_a_hot_processor_lowers_the_rate_step_by_step_and_a_cool_one_raises_it_again() -> None:
    governor = new_governor()
    assert looks_a_second(governor, start=0.0) == pytest.approx(30.0, abs=0.6)
    assert set(warm_up(governor, end=60.0, celsius=76.0)) == {"hot"}
    assert looks_a_second(governor, start=100.0) == pytest.approx(5.0, abs=0.6)
    governor.update_thermal(COOL, now=2000.0)
    assert looks_a_second(governor, start=200.0) == pytest.approx(10.0, abs=0.6)
    governor.update_thermal(COOL, now=2005.0)
    assert looks_a_second(governor, start=300.0) == pytest.approx(10.0, abs=0.6)
    governor.update_thermal(COOL, now=2100.0)
    assert looks_a_second(governor, start=400.0) == pytest.approx(30.0, abs=0.6)
    assert governor.rate is Rate.FULL


def test_a_temperature_that_hovers_below_the_limit_changes_nothing() -> None:
    governor = new_governor()
    governor.should_process(0.0)
    governor.update_thermal(HOT, now=0.0)
    assert set(warm_up(governor, end=600.0, celsius=72.0)) == {"hot"}
    governor = new_governor()
    governor.should_process(0.0)
    assert "hot" not in warm_up(governor, end=600.0, celsius=74.9)


@pytest.mark.parametrize("celsius", [60.0, None])
def test_being_slowed_down_without_being_hot_lowers_the_rate_by_one_step(
    celsius: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    governor = new_governor()
    governor.should_process(0.0)
    for number in range(100):
        governor.update_thermal(ThermalState(celsius, throttled=True), now=5.0 * number)
    assert looks_a_second(governor, start=100.0) == pytest.approx(10.0, abs=0.6)
    assert governor.rate is Rate.HOT
    assert [message.split(":")[0] for message in caplog.messages] == [
        "the processor is slowed down" + (" at 60 °C" if celsius else "")
    ]


def test_a_hot_processor_is_told_once_when_the_rate_is_lowered_and_once_when_it_is_full_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    governor = new_governor()
    governor.should_process(0.0)
    for number in range(3):
        governor.update_thermal(HOT, now=5.0 * number)
    for number in range(60):
        governor.update_thermal(COOL, now=100.0 + 5.0 * number)
    assert caplog.messages == [
        "the processor is hot at 76 °C: at most 10 frames a second are looked at",
        "the processor has recovered at 50 °C: all frames are looked at again",
    ]


def test_without_a_sensor_nothing_is_slowed_down(caplog: pytest.LogCaptureFixture) -> None:
    governor = new_governor()
    governor.should_process(0.0)
    for number in range(100):
        governor.update_thermal(ThermalState(), now=5.0 * number)
    governor.should_process(0.1)
    assert governor.rate is Rate.FULL
    assert caplog.messages == []


def test_a_stream_that_is_not_governed_is_not_said_to_be_slowed_down(caplog: pytest.LogCaptureFixture) -> None:
    governor = new_governor()
    governor.update_thermal(HOT, now=0.0)
    assert (governor.rate, governor.thermal) == (Rate.FULL, HOT)
    assert caplog.messages == []
