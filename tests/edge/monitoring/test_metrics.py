import socket
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.config import ConfigInvalid, MetricsConfig
from edge.monitoring.health import PipelineStats
from edge.monitoring.metrics import MetricsServer
from edge.monitoring.status import ON_PROBATION, PROVEN, Component, DeviceStatus
from landmarkers.take import TAKE_SUFFIX
from tests.edge.conftest import StartDaemon
from tests.edge.ports import free_port
from tests.edge.spoken import spoken
from tests.edge.waiting import wait_until
from tests.synthetic_signer import even_times, take

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def status() -> DeviceStatus:
    return DeviceStatus()


@pytest.fixture
def pulse(status: DeviceStatus) -> PipelineStats:
    return PipelineStats(status=status, components=[Component.CAMERA, Component.BROKER], model="tiny@3")


@pytest.fixture
def port(pulse: PipelineStats) -> Iterator[int]:
    """The port of a server that tells the pulse."""
    port = free_port()
    with closing(MetricsServer(MetricsConfig(port=port), pulse.health)):
        yield port


def asked(port: int) -> Values:
    """All values by name and labels, as Prometheus reads them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(values: Values, name: str, **labels: str) -> float | None:
    return values.get((name, frozenset(labels.items())))


def test_metrics_tell_what_health_tells(pulse: PipelineStats, port: int) -> None:
    for _ in range(3):
        with pulse.timed("landmarks"):
            pulse.count_frame()
    health, values = pulse.health(), asked(port)
    assert value(values, "ishara_frames_total") == 3
    assert value(values, "ishara_model_info", model="tiny@3") == 1
    assert value(values, "ishara_rate", rate="full") == 1
    assert value(values, "ishara_rate", rate="idle") == 0
    told = value(values, "ishara_stage_seconds", stage="landmarks", quantile="0.95")
    assert told == health.stage_ms["landmarks"].p95 / 1000
    assert (value(values, "ishara_memory_bytes") or 0.0) > 1e6


def test_whether_the_model_is_on_probation_is_told_where_it_is_judged(status: DeviceStatus, port: int) -> None:
    assert value(asked(port), "ishara_model_on_probation") is None
    for state, told in ((ON_PROBATION, 1.0), (PROVEN, 0.0)):
        status.set_model_state(state)
        assert value(asked(port), "ishara_model_on_probation") == told


def test_words_are_counted_by_how_sure_they_were(pulse: PipelineStats, port: int) -> None:
    for confidence in (0.72, 0.93, 1.0):
        pulse.count_word(spoken(confidence=confidence))
    values = asked(port)
    assert value(values, "ishara_words_total") == 3
    bounds = {
        bound: value(values, "ishara_word_confidence_bucket", le=bound) for bound in ("0.7", "0.8", "0.9", "+Inf")
    }
    assert bounds == {"0.7": 0, "0.8": 1, "0.9": 1, "+Inf": 3}
    assert value(values, "ishara_word_confidence_sum") == pytest.approx(2.65)


def test_a_part_that_is_away_shows_and_one_that_is_not_configured_does_not(
    status: DeviceStatus, pulse: PipelineStats, port: int
) -> None:
    status.report(Component.CAMERA, "the camera is away")
    status.set_paused(paused=True)
    values = asked(port)
    parts = {part: value(values, "ishara_part_well", part=part) for part in Component}
    assert parts == {Component.CAMERA: 0, Component.BROKER: 1, Component.SCREEN: None, Component.WEB: None}
    assert value(values, "ishara_paused") == 1


def test_what_the_machine_does_not_measure_is_left_out(pulse: PipelineStats, port: int) -> None:
    assert value(asked(port), "ishara_temperature_celsius") is None


def test_an_address_where_nobody_can_listen_is_refused(pulse: PipelineStats) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigInvalid, match=rf"metrics.port {port}: nobody can listen there: Address already in use"
        ):
            MetricsServer(MetricsConfig(port=port), pulse.health)


def test_the_daemon_answers_when_configured(bundle_folder: Path, start_daemon: StartDaemon, tmp_path: Path) -> None:
    take(even_times(10, 1.0)).save(tmp_path / f"one{TAKE_SUFFIX}")
    port = free_port()
    arguments = ("--source", f"take:one{TAKE_SUFFIX}", "--model", bundle_folder)
    daemon = start_daemon("run", *arguments, settings={"ISHARA_METRICS_PORT": str(port)})
    daemon.wait_for_log(" reads ")
    wait_until(lambda: (value(asked(port), "ishara_frames_total") or 0.0) > 0, "frames in the metrics")
    assert value(asked(port), "ishara_part_well", part="broker") is None
