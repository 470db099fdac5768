"""Health for Prometheus: what `health` says on MQTT, asked for over HTTP.

Nothing is counted here. Each time somebody asks, the daemon's health is translated, so that both tell the same.
https://prometheus.io/docs/practices/naming/
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from edge.config import ConfigInvalid, MetricsConfig
from edge.monitoring.frame_rate import Rate
from edge.monitoring.health import Health
from edge.monitoring.status import ON_PROBATION

_ASK_S: Final = 0.5
_QUANTILES: Final = {"0.5": "p50", "0.95": "p95", "0.99": "p99"}


class HealthCollector(Collector):
    """Translates the daemon's health whenever Prometheus asks."""

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """All metrics of this moment."""
        health = self._health()
        yield from _counters(health)
        yield from _gauges(health)
        yield _stages(health)
        yield _confidences(health)
        yield _parts(health)
        yield _rates(health)
        yield InfoMetricFamily("ishara_model", "The bundle that reads the signs.", {"model": health.model or ""})


class MetricsServer:
    """Answers `/metrics` on an address of its own until it is closed."""

    def __init__(self, config: MetricsConfig, health: Callable[[], Health]) -> None:
        """Raises ConfigInvalid when nobody can listen at the address."""
        self._address = config.address
        registry = CollectorRegistry(auto_describe=False)
        registry.register(HealthCollector(health))
        try:
            self._server, self._thread = start_http_server(config.port, config.address, registry)
        except OSError as error:
            where = f"metrics.address {config.address}, metrics.port {config.port}"
            raise ConfigInvalid(f"{where}: nobody can listen there: {error.strerror or error}") from error

    def close(self) -> None:
        """Answer no more."""
        ending = threading.Thread(target=self._server.shutdown, name="metrics-end", daemon=True)
        ending.start()
        # The server looks whether it is to end only every half second, unless somebody asks something.
        with suppress(OSError):
            socket.create_connection((self._address, self._server.server_port), _ASK_S).close()
        ending.join()
        self._server.server_close()
        self._thread.join()


def _counters(health: Health) -> Iterator[Metric]:
    yield CounterMetricFamily("ishara_frames", "Frames that were looked at.", health.frames)
    yield CounterMetricFamily("ishara_frames_dropped", "Frames that newer ones replaced.", health.dropped)
    yield CounterMetricFamily(
        "ishara_frames_skipped",
        "Frames not looked at, because nobody signed or the processor was hot.",
        health.skipped,
    )
    yield CounterMetricFamily("ishara_words", "Words that were said.", health.words)


def _gauges(health: Health) -> Iterator[Metric]:
    state = health.model_state
    told = {
        "ishara_up_seconds": ("Since the daemon began to read.", health.up_s),
        "ishara_frames_per_second": ("Frames looked at lately.", health.frames_per_s),
        "ishara_last_word_timestamp_seconds": (
            "When the last word was said, as Unix time.",
            None if health.last_word_at is None else health.last_word_at.timestamp(),
        ),
        "ishara_temperature_celsius": ("The processor's hottest sensor.", health.temperature_c),
        "ishara_throttled": ("Whether the processor is slowed down now.", health.throttled),
        "ishara_memory_bytes": ("Held now.", None if health.memory_mb is None else health.memory_mb * 1e6),
        "ishara_model_on_probation": (
            "Whether the model that the store serves has yet to prove itself.",
            None if state is None else state == ON_PROBATION,
        ),
        "ishara_paused": ("Whether frames are not looked at because somebody asked for that.", health.paused),
    }
    for name, (meaning, value) in told.items():
        if value is not None:
            yield GaugeMetricFamily(name, meaning, float(value))


def _stages(health: Health) -> Metric:
    stages = GaugeMetricFamily(
        "ishara_stage_seconds", "What a stage took lately, by share of its runs.", labels=["stage", "quantile"]
    )
    for stage, took in health.stage_ms.items():
        for quantile, name in _QUANTILES.items():
            stages.add_metric([stage, quantile], getattr(took, name) / 1000)
    return stages


def _confidences(health: Health) -> Metric:
    """The bounds are tenths; the last one takes the rest, as Prometheus wants it."""
    confidence = HistogramMetricFamily("ishara_word_confidence", "How sure the model was of the words that were said.")
    counts = list(accumulate(health.confidences.tenths))
    bounds = [f"{number / 10}" for number in range(1, len(counts))] + ["+Inf"]
    confidence.add_metric([], list(zip(bounds, counts, strict=True)), health.confidences.total)
    return confidence


def _parts(health: Health) -> Metric:
    parts = GaugeMetricFamily("ishara_part_well", "1 when a part works, 0 when it is away.", labels=["part"])
    for part in health.components:
        parts.add_metric([part.value], float(part not in health.faults))
    return parts


def _rates(health: Health) -> Metric:
    rates = GaugeMetricFamily("ishara_rate", "1 for how many frames are looked at now.", labels=["rate"])
    for rate in Rate:
        rates.add_metric([rate.value], float(rate is health.rate))
    return rates
