"""Finds landmarks with MediaPipe's Tasks. The only file that imports MediaPipe.

Pose, hands and face are three landmarkers. As the device runs them, each follows what it found in the frame before
(VIDEO mode) on a thread of its own, since MediaPipe gives up Python's lock while it works. Two other ways to run them
are what the benchmark measures against.
https://ai.google.dev/edge/mediapipe/solutions/vision/hand_landmarker
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import mediapipe as mp
import numpy as np

from landmarkers import networks
from landmarkers.frame import Frame, Landmarks, Points
from landmarkers.layout import DEFAULT_PARTS, HANDS, LEFT_WRIST, PART_SLICES, RIGHT_WRIST, WRIST, Part

# How much nearer a hand must be to the wrong wrist, in picture widths, to outweigh a sure handedness.
_HANDEDNESS_WEIGHT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Way:
    """How the landmarkers are run."""

    tracked: bool  # each frame from what was found in the one before, or each by itself (IMAGE mode)
    hands: int  # at most so many are looked for
    side_by_side: bool  # on threads, or one after another


SERVED: Final = Way(tracked=True, hands=2, side_by_side=True)
PER_IMAGE: Final = Way(tracked=False, hands=2, side_by_side=True)
REFERENCE: Final = Way(tracked=False, hands=1, side_by_side=False)  # as the research project that Ishara grew out of


class MediaPipeLandmarker:
    """Pose, both hands and, when asked for, the face of one person.

    A part that is not asked for is not computed and stays NaN. Close it yourself: left to the garbage
    collector at exit, MediaPipe 1.2.2 raises in its dispatcher.
    """

    def __init__(self, parts: frozenset[Part] = DEFAULT_PARTS, folder: Path | None = None, way: Way = SERVED) -> None:
        folder = folder or networks.default_folder()
        names = _task_names(parts)
        absent = sorted(set(networks.missing_tasks(folder)) & set(names))
        if absent:
            raise networks.NetworksUnavailable(
                f"{', '.join(absent)} is missing or damaged in {folder}; run `ishara-landmarkers` to make it"
            )
        self._fingerprint = f"mediapipe-tasks-{networks.fingerprint(names)}-{'video' if way.tracked else 'image'}"
        self._way = way
        # One thread runs them one after another.
        self._threads = ThreadPoolExecutor(len(names) if way.side_by_side else 1, thread_name_prefix="landmarks")
        with _silenced():
            self._tasks: dict[str, Any] = {name: _open(name, folder / name, way) for name in names}
        self._last_millisecond = -1
        self._is_first = True

    @property
    def fingerprint(self) -> str:
        """The networks' own digest and how they are run."""
        return self._fingerprint

    def locate(self, frame: Frame) -> Landmarks:
        """The points of one frame."""
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame.picture))
        # MediaPipe counts whole milliseconds and refuses a time that does not grow.
        millisecond = max(round(frame.time * 1000), self._last_millisecond + 1)
        self._last_millisecond = millisecond
        # The networks' runtime talks when each graph runs for the first time. Later nothing may be silenced: other
        # threads log meanwhile.
        with _silenced() if self._is_first else nullcontext():
            answers = {
                name: self._threads.submit(task.detect_for_video, image, millisecond)
                if self._way.tracked
                else self._threads.submit(task.detect, image)
                for name, task in self._tasks.items()
            }
            found = {name: answer.result() for name, answer in answers.items()}
        self._is_first = False
        return Landmarks(_lay_out(found, frame.picture.shape[0] / frame.picture.shape[1]), frame.time)

    def close(self) -> None:
        """Give up the networks and their threads."""
        for task in self._tasks.values():
            task.close()
        self._tasks = {}
        self._threads.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _silenced() -> Iterator[None]:
    """Send what native code writes to standard error nowhere: MediaPipe cannot be told to keep its notes to itself."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _task_names(parts: frozenset[Part]) -> tuple[str, ...]:
    wanted = {
        "pose_landmarker.task": Part.POSE in parts,
        "hand_landmarker.task": bool(HANDS & parts),
        "face_landmarker.task": Part.FACE in parts,
    }
    return tuple(name for name, is_wanted in wanted.items() if is_wanted)


def _open(name: str, path: Path, way: Way) -> Any:
    vision = mp.tasks.vision
    base = mp.tasks.BaseOptions(model_asset_path=str(path))
    mode = vision.RunningMode.VIDEO if way.tracked else vision.RunningMode.IMAGE
    openers: dict[str, Callable[[], Any]] = {
        "pose_landmarker.task": lambda: vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(base_options=base, running_mode=mode)
        ),
        "hand_landmarker.task": lambda: vision.HandLandmarker.create_from_options(
            vision.HandLandmarkerOptions(base_options=base, running_mode=mode, num_hands=way.hands)
        ),
        "face_landmarker.task": lambda: vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(base_options=base, running_mode=mode)
        ),
    }
    return openers[name]()


def _lay_out(found: dict[str, Any], aspect: float) -> Points:
    """The 543-point layout of what the tasks found; `aspect` is height over width."""
    points = Landmarks.unseen(0.0).points
    if "pose_landmarker.task" in found and found["pose_landmarker.task"].pose_landmarks:
        points[PART_SLICES[Part.POSE]] = _array(found["pose_landmarker.task"].pose_landmarks[0], aspect)
    if "face_landmarker.task" in found and found["face_landmarker.task"].face_landmarks:
        face = _array(found["face_landmarker.task"].face_landmarks[0], aspect)
        points[PART_SLICES[Part.FACE]] = face[: PART_SLICES[Part.FACE].stop]
    if "hand_landmarker.task" in found:
        answer = found["hand_landmarker.task"]
        hands = [_array(hand, aspect) for hand in answer.hand_landmarks]
        # MediaPipe names hands as in a mirrored picture: its "Left" is the signer's right hand.
        rightness = [
            (hand[0].score if hand[0].category_name == "Left" else 1 - hand[0].score) for hand in answer.handedness
        ]
        for part, hand in tell_apart(hands, rightness, points[PART_SLICES[Part.POSE]]).items():
            points[PART_SLICES[part]] = hand
    return points


def tell_apart(hands: Sequence[Points], rightness: Sequence[float], pose: Points) -> dict[Part, Points]:
    """Which hand is the signer's left and which the right.

    The hand network judges each hand by itself and calls both "right" now and then, so the pose's wrists
    have the word as well: of the two ways to name the hands, the one that costs less is taken.
    `rightness` is the network's belief, 0 to 1, that each of the hands [21, 3] is the right one.
    """
    wrists = {Part.LEFT_HAND: pose[LEFT_WRIST, :2], Part.RIGHT_HAND: pose[RIGHT_WRIST, :2]}

    def cost(number: int, part: Part) -> float:
        distance = float(np.linalg.norm(hands[number][WRIST, :2] - wrists[part]))
        doubt = rightness[number] if part is Part.LEFT_HAND else 1 - rightness[number]
        return (0.0 if np.isnan(distance) else distance) + _HANDEDNESS_WEIGHT * doubt

    if not hands:
        return {}
    if len(hands) == 1:
        return {min(wrists, key=lambda part: cost(0, part)): hands[0]}
    straight = cost(0, Part.LEFT_HAND) + cost(1, Part.RIGHT_HAND)
    crossed = cost(0, Part.RIGHT_HAND) + cost(1, Part.LEFT_HAND)
    first, second = (Part.LEFT_HAND, Part.RIGHT_HAND) if straight <= crossed else (Part.RIGHT_HAND, Part.LEFT_HAND)
    return {first: hands[0], second: hands[1]}


def _array(landmarks: Any, aspect: float) -> Points:
    """MediaPipe's landmarks as float32 [n, 3] in picture widths."""
    return np.array([(point.x, point.y * aspect, point.z) for point in landmarks], np.float32)
