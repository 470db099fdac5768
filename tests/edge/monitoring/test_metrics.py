import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.config import ConfigInvalid, MetricsConfig
from edge.monitoring.health import PipelineStats
from edge.monitoring.metrics import MetricsServer
from edge.monitoring.status import ON_PROBATION, PROVEN, Component, DeviceStatus, Obstacle
from landmarkers.take import TAKE_SUFFIX
from tests.edge.conftest import StartDaemon
from tests.edge.ports import free_port
from tests.edge.spoken import spoken
from tests.edge.waiting import wait_until
from tests.synthetic_signer import even_times, take

ESCALATION = DeviceStatus().escalation(Component.DAEMON)

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def status() -> DeviceStatus:
    return DeviceStatus()


@pytest.fixture
def stats(status: DeviceStatus) -> PipelineStats:
    return PipelineStats(status=status, components=[Component.CAMERA, Component.BROKER], model="tiny@3")


@pytest.fixture
def port(stats: PipelineStats) -> Iterator[int]:
    """Return the port of a server of the stats."""
    port = free_port()
    with closing(MetricsServer(MetricsConfig(port=port), stats.health, ESCALATION)):
        yield port


def scrape(port: int) -> Values:
    """Return all values by name and labels, as Prometheus reads them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(values: Values, name: str, **labels: str) -> float | None:
    return values.get((name, frozenset(labels.items())))


def test_metrics_agree_with_health(stats: PipelineStats, port: int) -> None:
    for _ in range(3):
        with stats.timed("landmarks"):
            stats.count_frame()
    values = scrape(port)
    assert value(values, "ishara_frames_total") == 3
    assert value(values, "ishara_model_info", model="tiny@3") == 1
    assert value(values, "ishara_rate", rate="full") == 1
    assert value(values, "ishara_rate", rate="idle") == 0
    assert (value(values, "ishara_memory_bytes") or 0.0) > 1e6


def test_stage_times_are_a_histogram_of_all_runs(stats: PipelineStats, port: int) -> None:
    for pause_s in (0.0, 0.0, 0.06):
        with stats.timed("landmarks"):
            time.sleep(pause_s)
    values = scrape(port)
    buckets = {
        bound: value(values, "ishara_stage_duration_seconds_bucket", stage="landmarks", le=bound)
        for bound in ("0.05", "1.0", "+Inf")
    }
    assert buckets == {"0.05": 2, "1.0": 3, "+Inf": 3}
    assert value(values, "ishara_stage_duration_seconds_count", stage="landmarks") == 3
    assert 0.06 <= (value(values, "ishara_stage_duration_seconds_sum", stage="landmarks") or 0.0) < 1.0


def test_words_that_wait_and_that_were_dropped_are_reported() -> None:
    port, backlog = free_port(), SimpleNamespace(waiting=7, dropped=3, unreadable=2)
    with closing(MetricsServer(MetricsConfig(port=port), PipelineStats(backlog=backlog).health, ESCALATION)):
        values = scrape(port)
    waiting, dropped = value(values, "ishara_words_waiting"), value(values, "ishara_words_dropped_total")
    assert (waiting, dropped, value(values, "ishara_words_unreadable_total")) == (7, 3, 2)


def test_head_is_answered_without_the_metrics(port: int) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", method="HEAD")
    with urllib.request.urlopen(request) as answer:
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 1000


def test_probation_is_reported_for_models_of_the_store(status: DeviceStatus, port: int) -> None:
    assert value(scrape(port), "ishara_model_on_probation") is None
    for state, expected in ((ON_PROBATION, 1.0), (PROVEN, 0.0)):
        status.set_model_state(state)
        assert value(scrape(port), "ishara_model_on_probation") == expected


def test_words_are_counted_by_confidence(stats: PipelineStats, port: int) -> None:
    for confidence in (0.72, 0.93, 1.0):
        stats.count_word(spoken(confidence=confidence))
    values = scrape(port)
    assert value(values, "ishara_words_total") == 3
    bounds = {
        bound: value(values, "ishara_word_confidence_bucket", le=bound) for bound in ("0.7", "0.8", "0.9", "+Inf")
    }
    assert bounds == {"0.7": 0, "0.8": 1, "0.9": 1, "+Inf": 3}
    assert value(values, "ishara_word_confidence_sum") == pytest.approx(2.65)


def test_lost_component_is_reported_and_one_that_is_not_configured_is_not(
    status: DeviceStatus, stats: PipelineStats, port: int
) -> None:
    status.report(Component.CAMERA, "the camera is lost")
    status.set_paused(paused=True)
    status.set_obstacle(Obstacle.TOO_DARK)
    values = scrape(port)
    components = {one: value(values, "ishara_component_up", component=one) for one in Component}
    assert components == dict.fromkeys(Component) | {Component.CAMERA: 0, Component.BROKER: 1}
    assert value(values, "ishara_paused") == 1
    assert value(values, "ishara_obstacle", obstacle="too dark") == 1
    assert value(values, "ishara_obstacle", obstacle="too far") == 0


def test_missing_measurements_are_left_out(stats: PipelineStats, port: int) -> None:
    assert value(scrape(port), "ishara_temperature_celsius") is None


def test_address_in_use_is_refused(stats: PipelineStats) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigInvalid, match=rf"metrics.port {port}: cannot listen there: Address already in use"):
            MetricsServer(MetricsConfig(port=port), stats.health, ESCALATION)


def test_daemon_serves_metrics_when_configured(bundle_folder: Path, start_daemon: StartDaemon, tmp_path: Path) -> None:
    take(even_times(10, 1.0)).save(tmp_path / f"one{TAKE_SUFFIX}")
    port = free_port()
    arguments = ("--source", f"take:one{TAKE_SUFFIX}", "--model", bundle_folder)
    daemon = start_daemon("run", *arguments, settings={"ISHARA_METRICS_PORT": str(port)})
    daemon.wait_for_log(" reads ")
    wait_until(lambda: (value(scrape(port), "ishara_frames_total") or 0.0) > 0, "frames in the metrics")
    assert value(scrape(port), "ishara_component_up", component="broker") is None
