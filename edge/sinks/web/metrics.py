"""The visitors as Prometheus metrics, beside the daemon's own; they are counted in the server's process."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Counts = Callable[[], Mapping[str, int]]

_DESCRIPTIONS: Final = {
    "refused": "Visitors refused because the maximum number was connected.",
    "processed": "Frames and takes of visitors that were processed.",
    "dropped": "Frames of visitors that were replaced by later ones.",
    "words": "Words that visitors signed.",
    "restarts": "Restarts of the visitors' recognition process.",
}


class VisitorCollector(Collector):
    """Converts the counts at every scrape."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics with their current values."""
        counts = self._counts()
        yield GaugeMetricFamily("ishara_visitors", "Visitors with their own cameras now.", counts["visitors"])
        for name, description in _DESCRIPTIONS.items():
            yield CounterMetricFamily(f"ishara_visitors_{name}", description, counts[name])
