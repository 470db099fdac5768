"""Holds the emulated Arm Debian that `test-arm` has made ready against this machine, and tells how they differ."""

import argparse
import sys
from pathlib import Path

from tests.arm import comparison
from tests.arm.comparison import CLIP, Outcome
from tests.arm.machine import PROCESSORS, Answer, EmulatedMachine, Machine, ThisMachine


def main() -> int:
    """Compare on every processor; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tests.arm", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian, mounted")
    parser.add_argument("--cpuinfo", type=Path, required=True, help="the file that is its /proc/cpuinfo")
    parser.add_argument("--shared", type=Path, required=True, help="the real clips")
    options = parser.parse_args()
    here = ThisMachine(options.shared)
    clip = comparison.a_clip(options.shared)
    words = _expected("words", comparison.words(here))
    landmarks = _expected("landmarks", comparison.landmarks(here, clip)) if clip is not None else None
    table: list[tuple[str, str, Outcome, float]] = []

    def note(processor: str, check: str, outcome: Outcome, seconds: float) -> None:
        table.append((processor, check, outcome, seconds))
        print(_row(*table[-1]), flush=True)

    for processor in PROCESSORS:
        there: Machine = EmulatedMachine(options.root, options.cpuinfo, processor)
        answer = comparison.doctor(there)
        print(f"\nishara-edge doctor on {processor}\n{answer.printed}", flush=True)
        note(processor, "doctor", comparison.compare_doctor(answer), answer.seconds)
        answer = comparison.words(there)
        note(processor, "words", comparison.compare_words(words, answer), answer.seconds)
        if clip is not None and landmarks is not None:
            answer = comparison.landmarks(there, clip)
            note(processor, "landmarks", comparison.compare_landmarks(landmarks, answer), answer.seconds)
    print("\nAgainst this machine:", *(_row(*row) for row in table), sep="\n")
    if clip is None:
        print(f"Landmarks were left out: there is no clip in {options.shared / CLIP}.")
    wrong = sum(not outcome.passed for _, _, outcome, _ in table)
    print(f"{wrong} of {len(table)} checks failed." if wrong else f"All {len(table)} checks passed.")
    return 1 if wrong else 0


def _expected(check: str, answer: Answer) -> Answer:
    """What this machine answers; without it nothing can be compared."""
    if answer.code != 0:
        sys.exit(f"test-arm: {check} fails on this machine itself: {answer.failure}")
    return answer


def _row(processor: str, check: str, outcome: Outcome, seconds: float) -> str:
    return f"{'passed' if outcome.passed else 'FAILED'}  {processor}  {check:10}{seconds:6.0f} s  {outcome.figure}"


if __name__ == "__main__":
    sys.exit(main())
