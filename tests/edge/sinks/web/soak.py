"""`make test-visitors`: many visitors use a device for minutes; its own frame rate and its memory stay the same.

A real daemon reads a video in real time; visitors send it pictures of a signer, each at a steady rate, and request the
landmarks. The device's frame rate is read from its health before, during and after the visits. The machine should have
nothing else to do.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from websockets.asyncio.client import connect

from edge.sinks.web.visitors.visitors import PATH
from landmarkers.recording import read_recording
from tests.edge.daemon import Daemon
from tests.edge.ports import free_port
from tests.edge.sinks.web.processes import children, memory_mb, module_of

MIN_FRAME_RATE_SHARE = 0.8
"""The least share of its frame rate that the device must keep."""

_MAX_GROWTH = 1.05  # of memory, from the first minute to the last
_STEADY_S = 15.0  # until all processes are running
_ALONE_S = 60.0
_MINUTE_S = 60.0
_SIZE = (320, 240)  # of the pictures that the research project's page sends
_SOURCE = "footage/people/father.mp4"
_CLIPS = "karsl/karsl-502/01/01/test/004*/*.mp4"


@dataclass(frozen=True, slots=True)
class Sample:
    """The device at one time: the frames processed so far, and the memory of each of its processes, in MB."""

    at: float
    frames: int
    memory: dict[str, float]

    @classmethod
    def now(cls, port: int, pid: int) -> "Sample":
        """Sample the device whose page is on this port and whose process is this one."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as response:
            frames = json.load(response)["frames"]
        return cls(time.monotonic(), frames, dict(_memory(pid)))

    def frames_per_s(self, earlier: "Sample") -> float:
        """Return the frame rate since an earlier sample."""
        return (self.frames - earlier.frames) / (self.at - earlier.at)


@dataclass(slots=True)
class Crowd:
    """The visitors, and the answers that they got."""

    pictures: Sequence[bytes]
    every_s: float
    sent: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    words: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    async def visit(self, number: int, port: int, *, until: float) -> None:
        """Send pictures as one visitor until this time of the monotonic clock."""
        async with connect(f"ws://127.0.0.1:{port}{PATH}", compression=None, open_timeout=60.0) as socket:
            receiving = asyncio.create_task(self._receive(number, socket))
            due, picture = time.monotonic() + number * self.every_s / 20, 7 * number
            while time.monotonic() < until:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await socket.send(b"\1" + self.pictures[picture % len(self.pictures)])
                self.sent += 1
                due, picture = due + self.every_s, picture + 1
            receiving.cancel()

    async def _receive(self, number: int, socket: Any) -> None:
        async for message in socket:
            self.answers[number] += message.startswith('{"landmarks"')
            self.words[number] += message.startswith('{"detected_sign"')
            if message.startswith('{"error"'):
                self.errors[message] += 1


def main() -> int:
    """Run the soak test, and return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.edge.sinks.web.soak", description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with the real recordings")
    parser.add_argument("--visitors", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--minutes", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--rate", type=float, default=12.0, help="pictures a second of each (default: %(default)s)")
    options = parser.parse_args()
    clips = sorted(options.shared.glob(_CLIPS))
    crowd = Crowd([picture for clip in clips for picture in _pictures(clip)], 1.0 / options.rate)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "edge.toml"
        configuration.write_text(f"[web]\nport = {port}\nvisitors = {options.visitors}\n")
        daemon = Daemon(Path(folder), "run", "--config", configuration, "--source", options.shared.absolute() / _SOURCE)
        try:
            daemon.wait_for_log("the live page is at")
            samples = asyncio.run(_soak(crowd, port, daemon.process.pid, options.visitors, options.minutes))
        finally:
            daemon.end()
    return 0 if _report(samples, crowd, options.visitors) else 1


async def _soak(crowd: Crowd, port: int, pid: int, visitors: int, minutes: int) -> dict[str, list[Sample]]:
    """Sample the device alone, with visitors minute by minute, and alone again."""

    async def sample_after(seconds: Sequence[float]) -> list[Sample]:
        samples = [await asyncio.to_thread(Sample.now, port, pid)]
        for second in seconds:
            await asyncio.sleep(second)
            samples.append(await asyncio.to_thread(Sample.now, port, pid))
        return samples

    await asyncio.sleep(_STEADY_S)
    samples = {"before": await sample_after([_ALONE_S])}
    until = time.monotonic() + _STEADY_S + minutes * _MINUTE_S
    visits = [asyncio.create_task(crowd.visit(number, port, until=until)) for number in range(visitors)]
    await asyncio.sleep(_STEADY_S)
    samples["with"] = await sample_after([_MINUTE_S] * minutes)
    await asyncio.gather(*visits)
    await asyncio.sleep(_STEADY_S)
    samples["after"] = await sample_after([_ALONE_S])
    return samples


def _report(samples: dict[str, list[Sample]], crowd: Crowd, visitors: int) -> bool:
    """Print the figures, and return True if all limits are met."""
    before, crowded, after = (samples[name] for name in ("before", "with", "after"))
    alone = statistics.mean(period[1].frames_per_s(period[0]) for period in (before, after))
    share = crowded[-1].frames_per_s(crowded[0]) / alone
    print(f"{visitors} visitors sent {crowd.sent} pictures in {crowded[-1].at - crowded[0].at + _STEADY_S:.0f} s")
    print(
        f"the device's frames a second: {before[1].frames_per_s(before[0]):.1f} before the visitors, "
        f"{crowded[-1].frames_per_s(crowded[0]):.1f} with them, {after[1].frames_per_s(after[0]):.1f} after: "
        f"{share:.0%} of the rate"
    )
    print("minute by minute: " + ", ".join(f"{b.frames_per_s(a):.1f}" for a, b in pairwise(crowded)))
    is_flat = True
    for name in crowded[0].memory:
        used = [moment.memory.get(name, 0.0) for moment in crowded]
        is_flat = is_flat and used[-1] <= _MAX_GROWTH * used[1]
        print(
            f"MB used by {name}: {before[0].memory.get(name, 0.0):.0f} before, then "
            + ", ".join(f"{mb:.0f}" for mb in used)
        )
    answers = [crowd.answers[number] for number in range(visitors)]
    print(
        f"pictures answered: {sum(answers)}, from {min(answers)} to {max(answers)} a visitor; "
        f"words: {sum(crowd.words.values())}"
    )
    for error, count in crowd.errors.items():
        print(f"{count} times {error}")
    limits = {
        "the frame rate stays": share >= MIN_FRAME_RATE_SHARE,
        "memory is flat": is_flat,
        "turns are fair": min(answers) > 0.5 * max(answers),
        "no errors": not crowd.errors,
    }
    print("; ".join(f"{limit}: {'yes' if is_met else 'NO'}" for limit, is_met in limits.items()))
    return all(limits.values())


def _pictures(clip: Path) -> Iterator[bytes]:
    for frame in read_recording(clip):
        small = cv2.resize(np.asarray(frame.image), _SIZE)
        yield cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()


def _memory(pid: int) -> Iterator[tuple[str, float]]:
    """Yield the memory of the daemon and of each process below it, by module."""
    yield "daemon", memory_mb(pid)
    for page in children(pid):
        yield module_of(page), memory_mb(page)
        yield from ((module_of(child), memory_mb(child)) for child in children(page))


if __name__ == "__main__":
    sys.exit(main())
