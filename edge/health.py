"""How the daemon is doing: counted while it runs, published on `health`, told at the end."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
from pydantic import BaseModel, ConfigDict

from edge.word import Instant

_REMEMBERED = 1000  # measurements kept of each stage


class StageTime(BaseModel):
    """Milliseconds that a stage took lately: the median, the 95th and the 99th percentile."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50: float
    p95: float
    p99: float


class Health(BaseModel):
    """The daemon's state at one moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Instant
    up_s: float
    frames: int
    frames_per_s: float
    words: int
    stage_ms: dict[str, StageTime]

    def to_json(self) -> str:
        """The state on one line."""
        return self.model_dump_json()


class Pulse:
    """Counts frames and words and times the stages."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._frames = 0
        self._words = 0
        self._recent_frames: deque[float] = deque(maxlen=_REMEMBERED)
        self._stages: dict[str, deque[float]] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Time what is done inside as one run of a stage."""
        began = time.perf_counter()
        yield
        self._stages.setdefault(stage, deque(maxlen=_REMEMBERED)).append(time.perf_counter() - began)

    def count_frame(self) -> None:
        """One more frame was taken through the pipeline."""
        self._frames += 1
        self._recent_frames.append(time.monotonic())

    def count_word(self) -> None:
        """One more word was said."""
        self._words += 1

    def health(self) -> Health:
        """The state now; may be asked for on any thread, so everything is copied before it is looked through."""
        now = time.monotonic()
        recent = [moment for moment in list(self._recent_frames) if now - moment <= 10.0]
        span = now - recent[0] if recent else 0.0
        stages = {}
        for stage, seconds in list(self._stages.items()):
            p50, p95, p99 = (round(float(ms), 2) for ms in np.percentile(list(seconds), [50, 95, 99]) * 1000)
            stages[stage] = StageTime(p50=p50, p95=p95, p99=p99)
        return Health(
            at=datetime.now(UTC),
            up_s=round(now - self._began, 1),
            frames=self._frames,
            frames_per_s=round(len(recent) / span, 1) if span > 0.0 else 0.0,
            words=self._words,
            stage_ms=stages,
        )
