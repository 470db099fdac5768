"""Serves the daemon's health to Prometheus over HTTP, with the same values as `health` on MQTT.

Nothing is counted here: each scrape translates the present health, so that both agree.
https://prometheus.io/docs/practices/naming/
"""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector

from edge.config import ConfigInvalid, MetricsConfig
from edge.monitoring.frame_rate import Rate
from edge.monitoring.health import Health
from edge.monitoring.stage_times import STAGE_BOUNDS_S
from edge.monitoring.status import ON_PROBATION, Obstacle
from edge.workers.supervised_thread import Escalation, SupervisedThread

_CONNECT_S: Final = 0.5

WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]


class HealthCollector(Collector):
    """Translates the daemon's health at each scrape."""

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        health = self._health()
        yield from _counters(health)
        yield from _gauges(health)
        yield _stages(health)
        yield _confidences(health)
        yield _components(health)
        yield _rates(health)
        yield InfoMetricFamily("ishara_model", "The bundle in use.", {"model": health.model or ""})


class _Server(ThreadingWSGIServer):
    """Serves an address of either family."""

    def __init__(self, address: tuple[str, int], *options: Any) -> None:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family = found[0][0]
        super().__init__(address, *options)


class _Handler(WSGIRequestHandler):
    """Serves one client without a line in the log for each request."""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Log nothing."""


class MetricsServer:
    """Serves `/metrics` on an address of its own until it is closed."""

    def __init__(self, config: MetricsConfig, health: Callable[[], Health], escalation: Escalation) -> None:
        """Raises ConfigInvalid when the address cannot be listened on."""
        self._address = config.address
        registry = CollectorRegistry(auto_describe=False)
        registry.register(HealthCollector(health))
        app = _answering_head(make_wsgi_app(registry))
        try:
            self._server = make_server(config.address, config.port, app, _Server, _Handler)
        except OSError as error:
            where = f"metrics.address {config.address}, metrics.port {config.port}"
            raise ConfigInvalid(f"{where}: cannot listen there: {error.strerror or error}") from error
        self._thread = SupervisedThread("the metrics server", self._server.serve_forever, escalation)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        shutdown = threading.Thread(target=self._server.shutdown, name="metrics-end", daemon=True)
        shutdown.start()
        # The server checks for its shutdown every half second only, unless a request comes.
        with suppress(OSError):
            socket.create_connection((self._address, self._server.server_port), _CONNECT_S).close()
        shutdown.join()
        self._server.server_close()
        self._thread.close()


def _answering_head(app: WsgiApplication) -> WsgiApplication:
    """Return the application with HEAD answered like GET, without the body."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "HEAD":
            return app(environ, start_response)
        start: list[Any] = []
        body = app(environ | {"REQUEST_METHOD": "GET"}, lambda *arguments: start.extend(arguments))
        status, headers = start
        start_response(status, [*headers, ("Content-Length", str(sum(map(len, body))))])
        return []

    return answer


def _counters(health: Health) -> Iterator[Metric]:
    yield CounterMetricFamily("ishara_frames", "Frames that were processed.", health.frames)
    yield CounterMetricFamily("ishara_frames_dropped", "Frames that newer ones replaced.", health.dropped)
    yield CounterMetricFamily(
        "ishara_frames_skipped",
        "Frames that were not processed because nobody signed or the processor was hot.",
        health.skipped,
    )
    yield CounterMetricFamily("ishara_words", "Words that were recognised.", health.words)
    yield CounterMetricFamily(
        "ishara_words_dropped",
        "Words that never reach the broker, because too many waited or it takes no such word.",
        health.words_dropped,
    )
    yield CounterMetricFamily(
        "ishara_words_unreadable", "Words of the outbox that were put aside.", health.words_unreadable
    )


def _gauges(health: Health) -> Iterator[Metric]:
    state = health.model_state
    gauges = {
        "ishara_words_waiting": ("Words that have not reached the broker yet.", health.words_waiting),
        "ishara_up_seconds": ("Time since the daemon started to recognise signs.", health.up_s),
        "ishara_frames_per_second": ("Frames processed a second, lately.", health.frames_per_s),
        "ishara_last_word_timestamp_seconds": (
            "When the last word was recognised, as Unix time.",
            None if health.last_word_at is None else health.last_word_at.timestamp(),
        ),
        "ishara_temperature_celsius": ("The processor's hottest sensor.", health.temperature_c),
        "ishara_throttled": ("1 while the processor is throttled.", health.throttled),
        "ishara_memory_bytes": ("Resident memory.", None if health.memory_mb is None else health.memory_mb * 1e6),
        "ishara_model_on_probation": (
            "1 while the store's active model is on probation.",
            None if state is None else state == ON_PROBATION,
        ),
        "ishara_paused": ("1 while the device is paused.", health.paused),
    }
    for name, (documentation, value) in gauges.items():
        if value is not None:
            yield GaugeMetricFamily(name, documentation, float(value))
    obstacles = GaugeMetricFamily(
        "ishara_obstacle", "1 while the signer cannot be read for this reason.", labels=["obstacle"]
    )
    for obstacle in Obstacle:
        obstacles.add_metric([obstacle.value], float(health.obstacle is obstacle))
    yield obstacles


def _stages(health: Health) -> Metric:
    stages = HistogramMetricFamily("ishara_stage_duration_seconds", "Run times of a stage.", labels=["stage"])
    for stage, times in health.stage_histograms.items():
        stages.add_metric([stage], _buckets(STAGE_BOUNDS_S, times.counts), times.total_s)
    return stages


def _confidences(health: Health) -> Metric:
    histogram = HistogramMetricFamily("ishara_word_confidence", "Confidences of the words.")
    tenths = health.confidences.tenths
    bounds = [number / 10 for number in range(1, len(tenths))]
    histogram.add_metric([], _buckets(bounds, tenths), health.confidences.total)
    return histogram


def _buckets(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, int]]:
    """Return a histogram's buckets as Prometheus requires them: each with all below it, the last one unbounded."""
    return list(zip([*map(str, bounds), "+Inf"], accumulate(counts), strict=True))


def _components(health: Health) -> Metric:
    components = GaugeMetricFamily("ishara_component_up", "1 if a component works, 0 if not.", labels=["component"])
    for component in health.components:
        components.add_metric([component.value], float(component not in health.faults))
    return components


def _rates(health: Health) -> Metric:
    rates = GaugeMetricFamily("ishara_rate", "1 for the present rate of processing.", labels=["rate"])
    for rate in Rate:
        rates.add_metric([rate.value], float(rate is health.rate))
    return rates
