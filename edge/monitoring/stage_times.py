"""Run times of the pipeline's stages: percentiles of the recent ones, and a histogram of all since the start."""

from bisect import bisect_left
from collections import deque
from typing import Final

import numpy as np

from models.strict_model import StrictModel

STAGE_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0)
"""The inclusive upper bounds of the histogram's buckets but the last, which has none."""

_MAX_RECENT: Final = 1000


class StageTime(StrictModel):
    """Milliseconds of a stage's recent runs: the median, the 95th and the 99th percentile."""

    p50: float
    p95: float
    p99: float


class StageHistogram(StrictModel):
    """Histogram of all run times of a stage: the count in each bucket, and the sum in seconds."""

    counts: tuple[int, ...]
    total_s: float


class StageTimer:
    """Collects the run times of one stage.

    It may be read on any thread, so everything is copied before it is evaluated.
    """

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_MAX_RECENT)
        self._counts = [0] * (len(STAGE_BOUNDS_S) + 1)
        self._total_s = 0.0

    def add(self, seconds: float) -> None:
        """Add one run."""
        self._recent.append(seconds)
        self._counts[bisect_left(STAGE_BOUNDS_S, seconds)] += 1
        self._total_s += seconds

    def percentiles(self) -> StageTime:
        """Return the percentiles of recent runs, of which there must be one."""
        p50, p95, p99 = (round(float(ms), 2) for ms in np.percentile(list(self._recent), [50, 95, 99]) * 1000)
        return StageTime(p50=p50, p95=p95, p99=p99)

    def histogram(self) -> StageHistogram:
        """Return the histogram."""
        return StageHistogram(counts=tuple(self._counts), total_s=round(self._total_s, 6))
