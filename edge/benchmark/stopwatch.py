"""The time that a number of frames takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.benchmark.report import Speed


@dataclass(slots=True)
class Stopwatch:
    """Adds up wall-clock time, processor time and frames."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    frames: int = 0

    def time(self, process: Callable[[], int]) -> None:
        """Time a function that returns the number of frames that it processed."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.frames += process()
        self.seconds += time.perf_counter() - wall
        self.cpu_s += time.process_time() - cpu

    def speed(self) -> Speed:
        """Return the speed over all frames."""
        return Speed(
            frames_per_s=round(self.frames / self.seconds, 2), cpu_s_per_frame=round(self.cpu_s / self.frames, 5)
        )
