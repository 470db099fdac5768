"""Guides a signer to a place where the device can read them: measures the pipeline's pictures, and advises steadily."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from statistics import median
from time import monotonic
from typing import Final

from edge.cameras.frozen_frames import BLACK, FROZEN
from edge.setup.advice import advise, figures_of, similar_people
from edge.setup.measures import Measures, measure
from edge.setup.motion import Motion
from edge.setup.state import Advice, GuideFigures
from landmarkers.frame import Frame, Landmarks

_EVERY_S: Final = 0.25
_COUNT_EVERY_S: Final = 2.0
_COUNTS: Final = 2  # of which the lower counts: one body is sometimes found twice
_WINDOW: Final = 6  # measures, of 1.5 s
_STEADY_S: Final = 1.0
_SILENCE_S: Final = 3.0

PersonSizes = Callable[[Frame], list[float]]
CameraFault = Callable[[], str | None]


class Guide:
    """Measures while it is on; the pipeline's thread calls `observe`, and another one `advice`."""

    def __init__(
        self,
        rotation_degrees: int,
        person_sizes: PersonSizes | None = None,
        clock: Callable[[], float] = monotonic,
        camera_fault: CameraFault = lambda: None,
    ) -> None:
        """`person_sizes` finds the people in a frame, where the landmarker can; `clock` is in seconds.

        `camera_fault` returns the sentence about a camera of which no frames come, if something is known of it.
        """
        self._rotation_degrees = rotation_degrees
        self._person_sizes = person_sizes
        self._clock = clock
        self._camera_fault = camera_fault
        self._lock = threading.Lock()
        self._window: deque[Measures] = deque(maxlen=_WINDOW)
        self._motion = Motion(_WINDOW)
        self._people: deque[list[float]] = deque(maxlen=_COUNTS)
        self._measured_at = self._began = clock()
        self._counted_at = float("-inf")
        self._next, self._next_since = Advice.WAIT, self._began
        self._given = Advice.WAIT

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Measure a frame, four times a second; its people are counted every two seconds."""
        now = self._clock()
        if self._window and now - self._measured_at < _EVERY_S:
            return
        measures = measure(frame.image, landmarks)
        people = None
        if self._person_sizes is not None and measures.width_px and now - self._counted_at >= _COUNT_EVERY_S:
            self._counted_at = now
            people = self._person_sizes(frame)
        with self._lock:
            self._measured_at = now
            self._window.append(measures)
            if measures.width_px:
                self._motion.observe(frame.image)
            self._people += [] if people is None else [people]

    def advice(self) -> tuple[Advice, GuideFigures]:
        """Return what to do next, once that has been so for a second, with the figures of now."""
        now = self._clock()
        with self._lock:
            window, measured_at = tuple(self._window), self._measured_at
            people = min(self._people, key=similar_people, default=None)
            moved = self._motion.area()
        if now - measured_at >= _SILENCE_S:
            with self._lock:
                self._window.clear()
            return self._steady(_advice_without_frames(self._camera_fault() or ""), now), GuideFigures()
        if not window:
            return self._given, GuideFigures()
        smooth = replace(median_of(window), moved=moved)
        measured = figures_of(smooth, people)
        found, figures = advise(smooth, measured, self._given, self._rotation_degrees)
        given = self._steady(found, now)
        return given, figures if given is found else measured  # an amount belongs to its own advice

    def _steady(self, found: Advice, now: float) -> Advice:
        if found is not self._next:
            self._next, self._next_since = found, now
        if self._given is Advice.WAIT or now - self._next_since >= _STEADY_S:
            self._given = found
        return self._given


def _advice_without_frames(camera_fault: str) -> Advice:
    if BLACK in camera_fault:
        return Advice.BLACK
    return Advice.FROZEN if FROZEN in camera_fault else Advice.NO_PICTURE


def median_of(window: Sequence[Measures]) -> Measures:
    """Return the median of each measure; those of a signer only if most pictures show one."""
    seen = [one for one in window if one.shoulders is not None]
    newest = window[-1]
    if 2 * len(seen) <= len(window):
        bright = [one.brightness for one in window if one.brightness is not None and one.shoulders is None]
        return Measures(newest.width_px, newest.aspect, median(bright) if bright else newest.brightness)
    changes: dict[str, float] = {}
    for field in fields(Measures):
        values = [value for one in seen if (value := getattr(one, field.name)) is not None]
        if values and field.name not in ("width_px", "aspect", "moved"):
            changes[field.name] = _median_angle(values) if field.name == "tilt_degrees" else float(median(values))
    return replace(seen[-1], **changes)  # type: ignore[arg-type] # the fields that are changed are all floats


def _median_angle(degrees: Sequence[float]) -> float:
    """Return the median of angles that are close to each other, also where some are 179 and others -179 degrees."""
    near = [degrees[-1] + (one - degrees[-1] + 180.0) % 360.0 - 180.0 for one in degrees]
    return (float(median(near)) + 180.0) % 360.0 - 180.0
