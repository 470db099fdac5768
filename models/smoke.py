"""Opens a bundle of unknown origin in a separate process, so that it cannot hang, exhaust or crash the caller.

`python -m models.smoke FOLDER SECONDS MEGABYTES [run]` is that process: it limits its resources before it reads
anything of the bundle, and with `run` it runs the network on its probe.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.bundle import Bundle, BundleRefused, open_bundle
from models.subprocess_probe import REFUSED_EXIT_CODE, limit_resources, run_python

if TYPE_CHECKING:
    from models.classifier import OnnxClassifier

_RUN: Final = "run"
_RUNS: Final = 5
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


def check_readable(folder: Path) -> None:
    """Open a bundle in a separate process. Raises BundleRefused where that fails or takes too much."""
    _run(folder, ResourceLimits(), [], f"the bundle {folder} cannot be read")


def run_smoke_test(folder: Path, limits: ResourceLimits) -> str:
    """Open a bundle in a separate process, run its network on its probe, and report its speed. Raises BundleRefused."""
    return _run(folder, limits, [_RUN], f"{folder} does not pass its smoke test here")


def _run(folder: Path, limits: ResourceLimits, more: Sequence[str], failed: str) -> str:
    arguments = [str(folder), str(limits.cpu_seconds), str(limits.memory_mb), *more]
    result = run_python(["-m", "models.smoke", *arguments], timeout_s=limits.timeout_s)
    if not result.succeeded:
        raise BundleRefused(result.text if result.refused else f"{failed}: {result.text}")
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
    folder, seconds, megabytes, *more = sys.argv[1:]
    if more:
        import models.classifier  # noqa: F401  # before the limits, because it takes memory
    limit_resources(int(seconds), int(megabytes))
    try:
        bundle = open_bundle(Path(folder))
        print(_classify(bundle) if more else "")  # noqa: T201  # the result
    except BundleRefused as error:
        print(error)  # noqa: T201
        return REFUSED_EXIT_CODE
    except MemoryError:
        print(f"the bundle {folder} needs more memory than its limit")  # noqa: T201
        return REFUSED_EXIT_CODE
    return 0


def _classify(bundle: Bundle) -> str:
    try:
        return classify_probe(bundle)
    except BundleRefused as error:
        raise BundleRefused(f"{bundle.folder} does not pass its smoke test here: {error}") from error


def _timed(classifier: "OnnxClassifier", bundle: Bundle) -> float:
    started = time.process_time()
    classifier.probabilities(bundle.probe.points, bundle.probe.times)
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
