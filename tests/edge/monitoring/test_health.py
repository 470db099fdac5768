import json
import mmap
import sys
import threading
from collections.abc import Iterator

import pytest

from edge.config import RateConfig
from edge.monitoring.frame_rate import FrameRateController, Rate
from edge.monitoring.health import Health, PipelineStats
from edge.monitoring.status import Component, DeviceStatus
from edge.monitoring.thermal import ThermalState
from tests.edge.spoken import spoken


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that take turns far more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_health_counts_frames_and_words_and_times_stages() -> None:
    pulse = PipelineStats()
    for _ in range(3):
        with pulse.timed("landmarks"):
            pulse.count_frame()
    pulse.count_word(spoken())
    health = pulse.health()
    assert (health.frames, health.words, list(health.stage_ms)) == (3, 1, ["landmarks"])
    assert 0.0 <= health.stage_ms["landmarks"].p50 <= health.stage_ms["landmarks"].p95


def test_health_before_the_first_frame_is_all_zero() -> None:
    health = PipelineStats().health()
    assert (health.frames, health.frames_per_s, health.words, health.stage_ms) == (0, 0.0, 0, {})
    assert (health.dropped, health.skipped, health.rate) == (0, 0, Rate.FULL)


def test_health_tells_what_was_not_looked_at_and_why() -> None:
    governor = FrameRateController(RateConfig(), raise_threshold=1.0)
    governor.should_process(0.0)
    governor.update_thermal(ThermalState(celsius=81.3, throttled=True), now=0.0)
    for number in range(1, 11):
        governor.should_process(number / 20)
    told = json.loads(PipelineStats(controller=governor).health().to_json())
    assert (told["rate"], told["skipped"]) == ("hot", 5)
    assert (told["temperature_c"], told["throttled"]) == (81.3, True)


def test_a_machine_without_sensors_says_so_in_health() -> None:
    told = json.loads(PipelineStats().health().to_json())
    assert (told["temperature_c"], told["throttled"]) == (None, None)


def test_health_tells_how_much_memory_is_held() -> None:
    before = PipelineStats().health().memory_mb
    with mmap.mmap(-1, 50_000_000) as held:  # pages of its own: an array may come from what was given back before
        held.write(b"\1" * len(held))
        after = PipelineStats().health().memory_mb
    assert before is not None
    assert after is not None
    assert 40 < after - before < 120  # the bytes that were written are garbage by now, but may still be held


def test_health_is_json_that_reads_back() -> None:
    line = PipelineStats().health().to_json()
    assert Health.model_validate_json(line).to_json() == line
    assert json.loads(line)["at"].endswith("Z")


def test_health_can_be_asked_for_on_another_thread_while_frames_are_counted(hasty_threads: None) -> None:
    pulse = PipelineStats()
    for _ in range(1000):
        pulse.count_frame()
    ended = threading.Event()

    def count() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            pulse.count_frame()
            with pulse.timed(f"stage {number % 10}"):
                pass

    counting = threading.Thread(target=count)
    counting.start()
    try:
        for _ in range(200):
            pulse.health()
    finally:
        ended.set()
        counting.join()


def test_health_tells_how_the_parts_stand_and_of_one_that_is_not_configured_nothing() -> None:
    status = DeviceStatus()
    pulse = PipelineStats(status=status, components=[Component.CAMERA, Component.BROKER], model="tiny@3")
    status.report(Component.BROKER, "the broker is away")
    status.set_paused(paused=True)
    told = json.loads(pulse.health().to_json())
    assert (told["components"], told["faults"]) == (["broker", "camera"], {"broker": "the broker is away"})
    assert (told["paused"], told["model"]) == (True, "tiny@3")
