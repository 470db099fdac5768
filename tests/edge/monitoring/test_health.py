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
def frequent_thread_switches() -> Iterator[None]:
    """Make threads take turns far more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_health_counts_frames_and_words_and_times_stages() -> None:
    stats = PipelineStats()
    for _ in range(3):
        with stats.timed("landmarks"):
            stats.count_frame()
    stats.count_word(spoken())
    health = stats.health()
    assert (health.frames, health.words, list(health.stage_ms)) == (3, 1, ["landmarks"])
    assert 0.0 <= health.stage_ms["landmarks"].p50 <= health.stage_ms["landmarks"].p95


def test_health_before_the_first_frame_is_all_zero() -> None:
    health = PipelineStats().health()
    assert (health.frames, health.frames_per_s, health.words, health.stage_ms) == (0, 0.0, 0, {})
    assert (health.dropped, health.skipped, health.rate) == (0, 0, Rate.FULL)


def test_health_reports_skipped_frames_and_the_reason() -> None:
    controller = FrameRateController(RateConfig(), raise_threshold=1.0)
    controller.should_process(0.0)
    controller.update_thermal(ThermalState(celsius=81.3, throttled=True), now=0.0)
    for number in range(1, 11):
        controller.should_process(number / 20)
    content = json.loads(PipelineStats(controller=controller).health().to_json())
    assert (content["rate"], content["skipped"]) == ("hot", 5)
    assert (content["temperature_c"], content["throttled"]) == (81.3, True)


def test_health_without_sensors_has_no_temperature() -> None:
    content = json.loads(PipelineStats().health().to_json())
    assert (content["temperature_c"], content["throttled"]) == (None, None)


def test_health_reports_resident_memory() -> None:
    before = PipelineStats().health().memory_mb
    with mmap.mmap(-1, 50_000_000) as mapped:  # pages of its own: an array may reuse freed memory
        mapped.write(b"\1" * len(mapped))
        after = PipelineStats().health().memory_mb
    assert before is not None
    assert after is not None
    assert 40 < after - before < 120  # the bytes that were written are garbage by now, but may still be resident


def test_health_is_json_that_reads_back() -> None:
    line = PipelineStats().health().to_json()
    assert Health.model_validate_json(line).to_json() == line
    assert json.loads(line)["at"].endswith("Z")


def test_health_can_be_read_on_another_thread_while_frames_are_counted(frequent_thread_switches: None) -> None:
    stats = PipelineStats()
    for _ in range(1000):
        stats.count_frame()
    ended = threading.Event()

    def count() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            stats.count_frame()
            with stats.timed(f"stage {number % 10}"):
                pass

    counting = threading.Thread(target=count)
    counting.start()
    try:
        for _ in range(200):
            stats.health()
    finally:
        ended.set()
        counting.join()


def test_health_reports_only_configured_components() -> None:
    status = DeviceStatus()
    stats = PipelineStats(status=status, components=[Component.CAMERA, Component.BROKER], model="tiny@3")
    status.report(Component.BROKER, "the broker is lost")
    status.set_paused(paused=True)
    content = json.loads(stats.health().to_json())
    assert (content["components"], content["faults"]) == (["broker", "camera"], {"broker": "the broker is lost"})
    assert (content["paused"], content["model"]) == (True, "tiny@3")
