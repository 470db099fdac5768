"""Compares the results of an emulated machine with those of this one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.recognition.word import Word
from landmarkers.layout import HANDS, LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, Part
from tests.arm.machine import Machine, Result
from tests.edge.daemon import printed_words

PROBABILITY_TOLERANCE: Final = 1e-3
DISTANCE_TOLERANCE: Final = 0.01  # in shoulder widths
CLIP: Final = "karsl/karsl-502/03/03/test/0074"
_FIRST_FRAME: Final = 8  # both hands are up by then
_FRAMES: Final = 3
# Head, shoulders, elbows, wrists; below them the network guesses at what is out of view.
_COMPARED_POSE: Final = slice(0, 17)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the summary."""

    passed: bool
    figure: str


def run_doctor(machine: Machine) -> Result:
    """Run the self-check."""
    return machine.run("-m", "edge", "doctor")


def run_words(machine: Machine) -> Result:
    """Run the daemon on the shipped takes, one after another."""
    source = f"take:{machine.folder('takes')}"
    return machine.run("-m", "edge", "run", "--source", source, "--jsonl", "--pace", "fast", "--exit-at-end")


def run_landmarks(machine: Machine, clip: Path) -> Result:
    """Run the landmarker of the shipped bundle on some frames of a real clip."""
    program, path = machine.folder("programs") / "detect.py", machine.folder("shared") / clip
    return machine.run(str(program), str(path), str(_FIRST_FRAME), str(_FRAMES))


def find_clip(shared: Path) -> Path | None:
    """Return a real clip, relative to the shared folder; None where there is none."""
    clips = sorted((shared / CLIP).glob("*"))
    return clips[0].relative_to(shared) if clips else None


def compare_doctor(emulated: Result) -> Outcome:
    """Check that the doctor found no fault."""
    return Outcome(emulated.code == 0, (emulated.stdout.strip().splitlines() or [emulated.failure])[-1])


def compare_words(here: Result, emulated: Result) -> Outcome:
    """Check that the same signs came in the same order with the same probabilities."""
    if emulated.code != 0:
        return Outcome(passed=False, figure=emulated.failure)
    ours, theirs = printed_words(here.stdout), printed_words(emulated.stdout)
    if [word.sign_id for word in ours] != [word.sign_id for word in theirs]:
        return Outcome(passed=False, figure=f"signs {[word.sign_id for word in theirs]}")
    difference = max((_max_difference(one, other) for one, other in zip(ours, theirs, strict=True)), default=1.0)
    figure = f"{len(theirs)} words the same, probabilities within {difference:.4f}"
    return Outcome(difference <= PROBABILITY_TOLERANCE, figure)


def compare_landmarks(here: Result, emulated: Result) -> Outcome:
    """Check that the same parts are visible, and each point of hands and upper body at the same place of the image."""
    if emulated.code != 0:
        return Outcome(passed=False, figure=emulated.failure)
    ours, theirs = _points(here), _points(emulated)
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return Outcome(passed=False, figure="other parts are visible")
    pose = PART_SLICES[Part.POSE]
    compared = np.r_[
        *(PART_SLICES[part] for part in HANDS), pose.start + _COMPARED_POSE.start : pose.start + _COMPARED_POSE.stop
    ]
    shoulders = (ours[:, pose.start + LEFT_SHOULDER] - ours[:, pose.start + RIGHT_SHOULDER])[:, None, :2]
    distances = np.linalg.norm((theirs - ours)[:, compared, :2], axis=2) / np.linalg.norm(shoulders, axis=2)
    hands = sum(int((~np.isnan(ours[:, PART_SLICES[part].start, 0])).sum()) for part in HANDS)
    figure = f"{len(theirs)} frames, {hands} hands, points within {np.nanmax(distances):.5f} shoulder widths"
    return Outcome(bool(np.nanmax(distances) <= DISTANCE_TOLERANCE), figure)


def _max_difference(one: Word, other: Word) -> float:
    """Return the largest difference of the probabilities that both words name."""
    ours = {candidate.sign_id: candidate.confidence for candidate in one.alternatives} | {one.sign_id: one.confidence}
    theirs = {candidate.sign_id: candidate.confidence for candidate in other.alternatives} | {
        other.sign_id: other.confidence
    }
    return max(abs(ours[sign] - theirs[sign]) for sign in ours.keys() & theirs.keys())


def _points(result: Result) -> NDArray[np.float64]:
    """Return the points, [frames, 543, 3]."""
    return np.array(json.loads(result.stdout), np.float64)
