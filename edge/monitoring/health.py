"""The daemon's health: counted while it runs, published on `health`, logged at the end."""

import os
import time
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from pydantic import Field

from edge.config import RateConfig
from edge.monitoring.frame_rate import FrameRateController, Rate
from edge.monitoring.stage_times import StageHistogram, StageTime, StageTimer
from edge.monitoring.status import Component, DeviceStatus, Obstacle
from edge.recognition.word import Timestamp, Word
from landmarkers.person import Purpose
from models.strict_model import StrictModel

_MAX_RECENT_FRAMES: Final = 1000
_STATM: Final = Path("/proc/self/statm")
_TENTHS: Final = 10
_RECENT_S: Final = 10.0


class Confidences(StrictModel):
    """Histogram of the words' confidences: the count in each tenth, from 0-0.1 to 0.9-1, and the sum of all."""

    tenths: tuple[int, ...] = (0,) * _TENTHS
    total: float = 0.0


class LearnedInUse(StrictModel):
    """The device's own part of its model: the version in use, its signs, those that the bundle lacks, and its takes."""

    version: int
    signs: int
    own_signs: int
    takes: int


class Health(StrictModel):
    """The daemon's state at one moment.

    `frames` were processed; `dropped` arrived meanwhile and were replaced by newer ones; `skipped` were not processed
    because nobody signed or the processor was hot. `throttled` is true while firmware or kernel slow the processor
    down. `faults` holds one sentence for each of the configured `components` that has a fault. While `paused` no frame
    is processed. `keeping_for` is the purpose for which takes of a person are kept by consent, until `keeping_until`.
    `obstacle` is why the signer cannot be read, which somebody in the room can remove. `last_word_at` is
    when the last word was emitted; `confidences` is the histogram of the words' confidences, `model` the bundle in use.
    `model_state` is the state of a model from the store: `proven`, `on probation`, or `rolled back NAME:` with the
    reason, where the daemon returned from that one. `model_refused` is why the model that somebody chose over MQTT is
    not used. `learned` is what this device has taught itself, and no key
    signs.
    `stage_ms` are times of recent runs; `stage_histograms` count all runs by their time, up to STAGE_BOUNDS_S each.
    Of the words, `words_waiting` have not reached the broker yet, and `words_dropped` never will: too many waited, or
    the broker takes no such word. `words_unreadable` of the outbox were put aside.
    None stands for what this machine does not report.
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
    stage_histograms: dict[str, StageHistogram] = Field(default_factory=dict)
    temperature_c: float | None
    throttled: bool | None
    memory_mb: float | None
    confidences: Confidences = Confidences()
    components: tuple[Component, ...] = ()
    faults: dict[Component, str]
    paused: bool
    obstacle: Obstacle | None = None
    keeping_for: Purpose | None = None
    keeping_until: Timestamp | None = None
    words_waiting: int
    words_dropped: int
    words_unreadable: int = 0
    model: str | None = None
    model_state: str | None = None
    model_refused: str | None = None
    learned: LearnedInUse | None = None

    def to_json(self) -> str:
        """Return the state on one line."""
        return self.model_dump_json()


class FrameDrops(Protocol):
    """A source that counts the frames it dropped."""

    @property
    def dropped(self) -> int:
        """Frames that arrived while another was processed and were replaced by newer ones."""


class Backlog(Protocol):
    """The words that wait for the broker."""

    @property
    def waiting(self) -> int:
        """Return how many words wait."""

    @property
    def dropped(self) -> int:
        """Return how many words were dropped."""

    @property
    def unreadable(self) -> int:
        """Return how many words were put aside."""


class PipelineStats:
    """Counts frames and words, times the stages, and collects the state of the other parts."""

    def __init__(
        self,
        source: FrameDrops | None = None,
        controller: FrameRateController | None = None,
        status: DeviceStatus | None = None,
        backlog: Backlog | None = None,
        *,
        components: Collection[Component] = (),
        model: str | None = None,
    ) -> None:
        """Without a source nothing is dropped; without a controller every frame is processed.

        Without a status there are no faults; without a backlog no word waits. `components` are the configured ones.
        """
        self._source = source
        self._status = status or DeviceStatus()
        self._backlog = backlog
        self._components = components
        self.model = model
        """Title of the bundle in use."""
        self.learned: LearnedInUse | None = None
        """The device's own part of the model in use."""
        self._controller = controller or FrameRateController(RateConfig(), raise_threshold=0.0)
        self._began = time.monotonic()
        self._frames = 0
        self._words = 0
        self._confidences = [0] * _TENTHS
        self._confidence = 0.0
        self.last_word: Word | None = None
        """The newest word."""
        self._recent_frames: deque[float] = deque(maxlen=_MAX_RECENT_FRAMES)
        self._stages: dict[str, StageTimer] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Time what is done inside the context as one run of a stage."""
        began = time.perf_counter()
        yield
        timer = self._stages.get(stage) or StageTimer()
        timer.add(time.perf_counter() - began)
        self._stages[stage] = timer  # not before it has a run, since any thread may read it

    def count_frame(self) -> None:
        """Count one processed frame."""
        self._frames += 1
        self._recent_frames.append(time.monotonic())

    def count_word(self, word: Word) -> None:
        """Count one word."""
        self._words += 1
        self._confidences[min(int(word.confidence * _TENTHS), _TENTHS - 1)] += 1
        self._confidence += word.confidence
        self.last_word = word

    def health(self) -> Health:
        """Return the present state. May be called on any thread, so everything is copied before it is evaluated."""
        stages, keeping = dict(self._stages), self._status.keeping
        return Health(
            at=datetime.now(UTC),
            up_s=round(time.monotonic() - self._began, 1),
            frames=self._frames,
            frames_per_s=self._frames_per_s(),
            dropped=0 if self._source is None else self._source.dropped,
            skipped=self._controller.skipped,
            rate=self._controller.rate,
            words=self._words,
            last_word_at=None if self.last_word is None else self.last_word.emitted_at,
            stage_ms={stage: timer.percentiles() for stage, timer in stages.items()},
            stage_histograms={stage: timer.histogram() for stage, timer in stages.items()},
            temperature_c=self._controller.thermal.celsius,
            throttled=self._controller.thermal.throttled,
            memory_mb=memory_mb(),
            confidences=Confidences(tenths=tuple(self._confidences), total=round(self._confidence, 4)),
            components=tuple(sorted(self._components)),
            faults=self._status.faults,
            paused=self._status.paused,
            obstacle=self._status.obstacle,
            keeping_for=None if keeping is None else keeping.purpose,
            keeping_until=None if keeping is None else keeping.until,
            words_waiting=0 if self._backlog is None else self._backlog.waiting,
            words_dropped=0 if self._backlog is None else self._backlog.dropped,
            words_unreadable=0 if self._backlog is None else self._backlog.unreadable,
            model=self.model,
            model_state=self._status.model_state,
            model_refused=self._status.model_refused,
            learned=self.learned,
        )

    def _frames_per_s(self) -> float:
        now = time.monotonic()
        recent = [at for at in list(self._recent_frames) if now - at <= _RECENT_S]
        span = now - recent[0] if recent else 0.0
        return round(len(recent) / span, 1) if span > 0.0 else 0.0


def memory_mb() -> float | None:
    """Return the program's resident memory in millions of bytes; None where there is no Linux to report it."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
