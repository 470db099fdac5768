"""The clock of a recording, which neither its stamps nor the lack of them can upset."""

from dataclasses import dataclass, field
from typing import Final

# Between two frames of a clip whose rate varies. A longer gap is a jump of the stamps: somebody joined two recordings,
# or the camera's clock was set. Whoever waits for it would wait for hours.
MAX_GAP_S: Final = 5.0


@dataclass(slots=True)
class FrameClock:
    """Turns the stamps of frames into strictly increasing times from 0; all in seconds.

    Some containers have no stamps, or two equal ones: then the time advances by the nominal interval. So it does when
    the stamps jump, and they are counted from there on.
    """

    interval_s: float
    _time: float = field(default=0.0, init=False)
    _origin: float | None = field(default=None, init=False)

    def advance(self, stamp: float) -> float:
        """Return the time of the next frame."""
        if self._origin is None:
            self._origin = stamp
            return self._time
        following = self._time + self.interval_s
        elapsed = stamp - self._origin
        if abs(elapsed - self._time) > MAX_GAP_S:
            self._origin, elapsed = stamp - following, following
        self._time = elapsed if elapsed > self._time else following
        return self._time
