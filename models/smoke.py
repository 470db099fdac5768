"""Lets a network read its probe in a process of its own, which may neither hang, nor grow, nor crash the store.

`python -m models.smoke ROOT NAME SECONDS MEGABYTES` is that process: it bounds itself before the network is loaded and,
as root, becomes the owner of the store, so that no bundle is ever run as root.
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

_READINGS: Final = 5
_WARNED_S: Final = 5  # between the signal that tells of the limit and the one that ends all
_MB: Final = 1 << 20
_NO_MEMORY: Final = "Failed to allocate memory"  # as ONNX Runtime says it


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """What a network may take until it has read its probe a few times: processor time in all, and memory of its own.

    The shipped one takes half a second, most of it for loading libraries, and 40 MB. Time of the processor, since the
    device has other work as well; by the clock `patience_s`, for one that only waits.
    """

    cpu_seconds: int = 20
    memory_mb: int = 512
    timeout_s: float = 120.0


def run_smoke_test(folder: Path, limits: ResourceLimits) -> str:
    """Let a bundle's network read its probe, and say how fast it does. Raises BundleRefused."""
    arguments = [str(folder.parent), folder.name, str(limits.cpu_seconds), str(limits.memory_mb)]
    outcome = run_python(["-m", "models.smoke", *arguments], timeout_s=limits.timeout_s)
    if not outcome.succeeded:
        raise BundleRefused(f"{folder.name} does not read its probe here: {outcome.text}")
    return outcome.text


def classify_probe(bundle: Bundle) -> str:
    """Read the probe as often as it takes to judge the speed, and say how fast that was. Raises BundleRefused."""
    from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

    from models.classifier import OnnxClassifier

    try:
        classifier = OnnxClassifier(bundle)
        seconds = min(_timed(classifier, bundle) for _ in range(_READINGS))
    except (MemoryError, ort_errors.RuntimeException) as error:
        raise BundleRefused("the network fails, or wants more memory than it may have") from error
    except BundleRefused as error:
        if _NO_MEMORY in str(error.__cause__):
            raise BundleRefused("the network wants more memory than it may have") from error
        raise
    # The fastest counts, by the processor's time: what else the device does meanwhile says nothing about the network.
    if seconds > bundle.manifest.spotter.stride_s:
        raise BundleRefused(
            f"it takes {seconds * 1000:.0f} ms for what is to be read every "
            f"{bundle.manifest.spotter.stride_s * 1000:.0f} ms"
        )
    return f"reads its probe in {seconds * 1000:.1f} ms"


def main() -> int:
    """Be the process; returns the exit code."""
    root, name, seconds, megabytes = sys.argv[1:]
    os.chdir(root)  # from here on the bundle can be read without the folders above, which may be root's alone
    try:
        bundle = open_bundle(Path(name))
        import models.classifier  # noqa: F401  # what it loads may lie where only root may look, and takes memory

        _bound(int(seconds), int(megabytes))
        _be_no_root()
        print(classify_probe(bundle))  # noqa: T201  # this is what it is asked
    except BundleRefused as error:
        print(error)  # noqa: T201
        return REFUSED_EXIT_CODE
    return 0


def _timed(classifier: "OnnxClassifier", bundle: Bundle) -> float:
    began = time.process_time()
    classifier.probabilities(bundle.probe.points, bundle.probe.times)
    return time.process_time() - began


def _be_no_root() -> None:
    """As root, become the owner of the store. A store of root's own is read by a service of root's own."""
    owner = Path().stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def _bound(seconds: int, megabytes: int) -> None:
    """No more memory than libraries take by now and so much, no files, no core dump, no life after the parent's."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + megabytes * _MB
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + _WARNED_S))


if __name__ == "__main__":
    sys.exit(main())
