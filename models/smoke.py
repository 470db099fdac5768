"""Runs a network on its probe in a separate process, so that it cannot hang, exhaust or crash the caller.

`python -m models.smoke ROOT NAME SECONDS MEGABYTES` is that process: it limits its resources before the network is
loaded and, as root, becomes the owner of the store, so that no bundle ever runs as root.
"""

import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.bundle import Bundle, BundleRefused, open_bundle
from models.subprocess_probe import REFUSED_EXIT_CODE, run_python

if TYPE_CHECKING:
    from models.classifier import OnnxClassifier

_RUNS: Final = 5
_GRACE_S: Final = 5  # between SIGXCPU and SIGKILL
_MB: Final = 1 << 20
_NO_MEMORY: Final = "Failed to allocate memory"  # ONNX Runtime's message


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """The limits of a network until it has classified its probe a few times: processor time, memory, wall time.

    The shipped one takes half a second, most of it for loading libraries, and 40 MB of its own. The first limit is
    processor time, since the device has other work as well; `timeout_s` is wall time, for a network that only waits.
    """

    cpu_seconds: int = 20
    memory_mb: int = 512
    timeout_s: float = 120.0


def run_smoke_test(folder: Path, limits: ResourceLimits) -> str:
    """Run a bundle's network on its probe in a separate process, and report its speed. Raises BundleRefused."""
    arguments = [str(folder.parent), folder.name, str(limits.cpu_seconds), str(limits.memory_mb)]
    result = run_python(["-m", "models.smoke", *arguments], timeout_s=limits.timeout_s)
    if not result.succeeded:
        raise BundleRefused(f"{folder.name} does not pass its smoke test here: {result.text}")
    return result.text


def classify_probe(bundle: Bundle) -> str:
    """Classify the probe a few times to measure the speed, and report it. Raises BundleRefused."""
    from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

    from models.classifier import OnnxClassifier

    try:
        classifier = OnnxClassifier(bundle)
        seconds = min(_timed(classifier, bundle) for _ in range(_RUNS))
    except (MemoryError, ort_errors.RuntimeException) as error:
        raise BundleRefused("the network fails, or needs more memory than its limit") from error
    except BundleRefused as error:
        if _NO_MEMORY in str(error.__cause__):
            raise BundleRefused("the network needs more memory than its limit") from error
        raise
    # The fastest run counts, in processor time: other load on the device says nothing about the network.
    if seconds > bundle.manifest.spotter.stride_s:
        raise BundleRefused(
            f"it takes {seconds * 1000:.0f} ms for a classification that is due every "
            f"{bundle.manifest.spotter.stride_s * 1000:.0f} ms"
        )
    return f"classifies its probe in {seconds * 1000:.1f} ms"


def main() -> int:
    """Run as the separate process and return the exit code."""
    root, name, seconds, megabytes = sys.argv[1:]
    os.chdir(root)  # afterwards the bundle is readable without its parent folders, which only root may read
    try:
        bundle = open_bundle(Path(name))
        import models.classifier  # noqa: F401  # before the limits: it may be readable by root only, and takes memory

        _limit_resources(int(seconds), int(megabytes))
        _drop_root()
        print(classify_probe(bundle))  # noqa: T201  # the result
    except BundleRefused as error:
        print(error)  # noqa: T201
        return REFUSED_EXIT_CODE
    return 0


def _timed(classifier: "OnnxClassifier", bundle: Bundle) -> float:
    started = time.process_time()
    classifier.probabilities(bundle.probe.points, bundle.probe.times)
    return time.process_time() - started


def _drop_root() -> None:
    """As root, become the owner of the store. If that is root, so is its service."""
    owner = Path().stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def _limit_resources(seconds: int, megabytes: int) -> None:
    """Limit memory beyond that of the loaded libraries and processor time, and forbid files and core dumps."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + megabytes * _MB
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (value, value))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + _GRACE_S))


if __name__ == "__main__":
    sys.exit(main())
