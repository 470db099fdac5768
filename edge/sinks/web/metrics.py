"""Visitors for Prometheus, beside the daemon's own metrics; they are counted where they come in."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Counts = Callable[[], Mapping[str, int]]

_MEANINGS: Final = {
    "refused": "Visitors turned away, because there were too many or none may come from there.",
    "read": "Frames and takes of visitors that were read.",
    "dropped": "Frames of visitors that newer ones replaced.",
    "words": "Words that visitors signed.",
    "deaths": "How often the recognition of visitors had to be started again.",
}


class VisitorCollector(Collector):
    """Translates the counts whenever Prometheus asks."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """All metrics of this moment."""
        counts = self._counts()
        yield GaugeMetricFamily("ishara_visitors", "Who try their own cameras now.", counts["visitors"])
        for name, meaning in _MEANINGS.items():
            yield CounterMetricFamily(f"ishara_visitors_{name}", meaning, counts[name])
