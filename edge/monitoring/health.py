"""How the daemon is doing: counted while it runs, published on `health`, told at the end."""

import os
import time
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from edge.config import RateConfig
from edge.monitoring.frame_rate import FrameRateController, Rate
from edge.monitoring.status import Component, DeviceStatus
from edge.recognition.word import Timestamp, Word
from models.strict_model import StrictModel

if TYPE_CHECKING:
    from edge.cameras.source import Source

_REMEMBERED = 1000  # measurements kept of each stage
_STATM = Path("/proc/self/statm")
_TENTHS = 10


class StageTime(StrictModel):
    """Milliseconds that a stage took lately: the median, the 95th and the 99th percentile."""

    p50: float
    p95: float
    p99: float


class Confidences(StrictModel):
    """How sure the words were: how many of each tenth, from 0-0.1 to 0.9-1, and the sum of all confidences."""

    tenths: tuple[int, ...] = (0,) * _TENTHS
    total: float = 0.0


class Health(StrictModel):
    """The daemon's state at one moment.

    `frames` were looked at; `dropped` came meanwhile and were replaced by newer ones; `skipped` were not looked at
    because nobody signed or the processor was hot. `throttled` is whether firmware or kernel slow the processor down.
    `troubles` says in a sentence what is wrong with each of the `parts` that are configured and not well. While
    `paused` no frame is looked at. `last_word_at` is when the last word was said; `confidences` tells how sure the
    words were, `model` which bundle reads.
    `model_state` is how that stands, where it comes from the store: `proven`, `on probation`, or `rolled back NAME:`
    with the reason, where it is one that the daemon went back to.
    Of the words, `words_waiting` have not reached the broker yet, and `words_dropped` never will: too many waited.
    None stands for what this machine does not tell.
    """

    at: Timestamp
    up_s: float
    frames: int
    frames_per_s: float
    dropped: int
    skipped: int
    rate: Rate
    words: int
    last_word_at: Timestamp | None = None
    stage_ms: dict[str, StageTime]
    temperature_c: float | None
    throttled: bool | None
    memory_mb: float | None
    confidences: Confidences = Confidences()
    components: tuple[Component, ...] = ()
    faults: dict[Component, str]
    paused: bool
    words_waiting: int
    words_dropped: int
    model: str | None = None
    model_state: str | None = None

    def to_json(self) -> str:
        """The state on one line."""
        return self.model_dump_json()


class Backlog(Protocol):
    """The words that wait for the broker."""

    @property
    def waiting(self) -> int:
        """How many there are."""

    @property
    def dropped(self) -> int:
        """How many there were too many."""


class PipelineStats:
    """Counts frames and words, times the stages, and asks the others how they are."""

    def __init__(
        self,
        source: "Source | None" = None,
        controller: FrameRateController | None = None,
        status: DeviceStatus | None = None,
        backlog: Backlog | None = None,
        *,
        components: Collection[Component] = (),
        model: str | None = None,
    ) -> None:
        """Without a source nothing is dropped; without a governor every frame is looked at.

        Without a standing all parts are well; without a backlog no word waits. `parts` are those that are configured.
        """
        self._source = source
        self._status = status or DeviceStatus()
        self._backlog = backlog
        self._parts = components
        self.model = model
        """Which bundle reads the signs."""
        self._governor = controller or FrameRateController(RateConfig(), raise_threshold=0.0)
        self._began = time.monotonic()
        self._frames = 0
        self._words = 0
        self._confidences = [0] * _TENTHS
        self._confidence = 0.0
        self.last_word: Word | None = None
        """What was said last."""
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

    def count_word(self, word: Word) -> None:
        """One more word was said."""
        self._words += 1
        self._confidences[min(int(word.confidence * _TENTHS), _TENTHS - 1)] += 1
        self._confidence += word.confidence
        self.last_word = word

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
            dropped=0 if self._source is None else self._source.dropped,
            skipped=self._governor.skipped,
            rate=self._governor.rate,
            words=self._words,
            last_word_at=None if self.last_word is None else self.last_word.emitted_at,
            stage_ms=stages,
            temperature_c=self._governor.thermal.celsius,
            throttled=self._governor.thermal.throttled,
            memory_mb=memory_mb(),
            confidences=Confidences(tenths=tuple(self._confidences), total=round(self._confidence, 4)),
            components=tuple(sorted(self._parts)),
            faults=self._status.faults,
            paused=self._status.paused,
            words_waiting=0 if self._backlog is None else self._backlog.waiting,
            words_dropped=0 if self._backlog is None else self._backlog.dropped,
            model=self.model,
            model_state=self._status.model_state,
        )


def memory_mb() -> float | None:
    """Memory that the program holds now, in millions of bytes; None where there is no Linux to tell."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
