"""How what an emulated machine answers differs from what this one does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.recognition.word import Word
from landmarkers.layout import HANDS, LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, Part
from tests.arm.machine import Answer, Machine

PROBABILITY_BAR: Final = 1e-3
DISTANCE_BAR: Final = 0.01  # in shoulder widths
CLIP: Final = "karsl/karsl-502/03/03/test/0074"
_FIRST_FRAME, _FRAMES = 8, 3  # both hands are up by then
_SEEN_POSE: Final = slice(
    0, 17
)  # head, shoulders, elbows, wrists; below them the network guesses at what is out of view


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the summary."""

    passed: bool
    figure: str


Step = Callable[[Machine], Answer]


def doctor(machine: Machine) -> Answer:
    """The device's self-check."""
    return machine.run("-m", "edge", "doctor")


def words(machine: Machine) -> Answer:
    """The shipped takes, played to the daemon one after another."""
    source = f"take:{machine.folder('takes')}"
    return machine.run("-m", "edge", "run", "--source", source, "--jsonl", "--pace", "fast", "--exit-at-end")


def landmarks(machine: Machine, clip: Path) -> Answer:
    """Some frames of a real clip through the landmarker of the shipped bundle."""
    program, path = machine.folder("programs") / "locate.py", machine.folder("shared") / clip
    return machine.run(str(program), str(path), str(_FIRST_FRAME), str(_FRAMES))


def a_clip(shared: Path) -> Path | None:
    """A real clip, relative to the shared folder; None where there is none."""
    clips = sorted((shared / CLIP).glob("*"))
    return clips[0].relative_to(shared) if clips else None


def compare_doctor(there: Answer) -> Outcome:
    """The doctor must find nothing wrong."""
    return Outcome(there.code == 0, (there.printed.strip().splitlines() or [there.failure])[-1])


def compare_words(here: Answer, there: Answer) -> Outcome:
    """The same signs in the same order, each as likely."""
    if there.code != 0:
        return Outcome(passed=False, figure=there.failure)
    ours, theirs = _words(here), _words(there)
    if [word.sign_id for word in ours] != [word.sign_id for word in theirs]:
        return Outcome(passed=False, figure=f"signs {[word.sign_id for word in theirs]}")
    away = max((_apart(one, other) for one, other in zip(ours, theirs, strict=True)), default=1.0)
    figure = f"{len(theirs)} words the same, probabilities within {away:.4f}"
    return Outcome(away <= PROBABILITY_BAR, figure)


def compare_landmarks(here: Answer, there: Answer) -> Outcome:
    """The same parts seen, each point of hands and upper body at the same place of the picture."""
    if there.code != 0:
        return Outcome(passed=False, figure=there.failure)
    ours, theirs = _points(here), _points(there)
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return Outcome(passed=False, figure="other parts are seen")
    pose = PART_SLICES[Part.POSE]
    compared = np.r_[
        *(PART_SLICES[part] for part in HANDS), pose.start + _SEEN_POSE.start : pose.start + _SEEN_POSE.stop
    ]
    across = (ours[:, pose.start + LEFT_SHOULDER] - ours[:, pose.start + RIGHT_SHOULDER])[:, None, :2]
    away = np.linalg.norm((theirs - ours)[:, compared, :2], axis=2) / np.linalg.norm(across, axis=2)
    hands = sum(int((~np.isnan(ours[:, PART_SLICES[part].start, 0])).sum()) for part in HANDS)
    figure = f"{len(theirs)} frames, {hands} hands, points within {np.nanmax(away):.5f} shoulder widths"
    return Outcome(bool(np.nanmax(away) <= DISTANCE_BAR), figure)


def _words(answer: Answer) -> list[Word]:
    return [Word.model_validate_json(line) for line in answer.printed.splitlines()]


def _apart(one: Word, other: Word) -> float:
    """The largest difference of any probability that both words name."""
    ours = {guess.sign_id: guess.confidence for guess in one.alternatives} | {one.sign_id: one.confidence}
    theirs = {guess.sign_id: guess.confidence for guess in other.alternatives} | {other.sign_id: other.confidence}
    return max(abs(ours[sign] - theirs[sign]) for sign in ours.keys() & theirs.keys())


def _points(answer: Answer) -> NDArray[np.float64]:
    """Points [frames, 543, 3]."""
    return np.array(json.loads(answer.printed), np.float64)
