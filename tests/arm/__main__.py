"""Compares the emulated Arm Debian that `test-arm` has prepared with this machine."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.arm import comparison
from tests.arm.comparison import CLIP, Outcome
from tests.arm.machine import PROCESSORS, EmulatedMachine, Machine, Result, ThisMachine


@dataclass(frozen=True, slots=True)
class _Row:
    """One check on one processor."""

    processor: str
    check: str
    outcome: Outcome
    seconds: float

    def __str__(self) -> str:
        passed = "passed" if self.outcome.passed else "FAILED"
        return f"{passed}  {self.processor}  {self.check:10}{self.seconds:6.0f} s  {self.outcome.figure}"


def main() -> int:
    """Compare on every processor and return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.arm", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian, mounted")
    parser.add_argument("--cpuinfo", type=Path, required=True, help="the file that is its /proc/cpuinfo")
    parser.add_argument("--shared", type=Path, required=True, help="the real clips")
    options = parser.parse_args()
    here = ThisMachine(options.shared)
    clip = comparison.find_clip(options.shared)
    words = _require("words", comparison.run_words(here))
    landmarks = _require("landmarks", comparison.run_landmarks(here, clip)) if clip is not None else None
    rows: list[_Row] = []

    def add(processor: str, check: str, outcome: Outcome, seconds: float) -> None:
        rows.append(_Row(processor, check, outcome, seconds))
        print(rows[-1], flush=True)

    for processor in PROCESSORS:
        emulated: Machine = EmulatedMachine(options.root, options.cpuinfo, processor)
        result = comparison.run_doctor(emulated)
        print(f"\nishara-edge doctor on {processor}\n{result.stdout}", flush=True)
        add(processor, "doctor", comparison.compare_doctor(result), result.seconds)
        result = comparison.run_words(emulated)
        add(processor, "words", comparison.compare_words(words, result), result.seconds)
        if clip is not None and landmarks is not None:
            result = comparison.run_landmarks(emulated, clip)
            add(processor, "landmarks", comparison.compare_landmarks(landmarks, result), result.seconds)
    print("\nCompared with this machine:", *rows, sep="\n")
    if clip is None:
        print(f"Landmarks were skipped: there is no clip in {options.shared / CLIP}.")
    failed = sum(not row.outcome.passed for row in rows)
    print(f"{failed} of {len(rows)} checks failed." if failed else f"All {len(rows)} checks passed.")
    return 1 if failed else 0


def _require(check: str, result: Result) -> Result:
    """Return the result of this machine; exit if it failed, since nothing can be compared without it."""
    if result.code != 0:
        sys.exit(f"test-arm: {check} fails on this machine itself: {result.failure}")
    return result


if __name__ == "__main__":
    sys.exit(main())
