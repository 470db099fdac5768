"""Finds landmarks with MediaPipe's Tasks: the reference implementation. The only file that imports MediaPipe.

Pose, hands and face are three landmarkers. For a bundle that was trained with them each follows what it found in the
frame before (VIDEO mode) on a thread of its own, since MediaPipe gives up Python's lock while it works. Two other ways
to run them are what the benchmark measures against.
https://ai.google.dev/edge/mediapipe/solutions/vision/hand_landmarker
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import mediapipe as mp
import numpy as np

from landmarkers import task_bundles
from landmarkers.frame import Frame, Landmarks, Points
from landmarkers.handedness import assign_handedness
from landmarkers.layout import DEFAULT_PARTS, HANDS, PART_SLICES, Part
from landmarkers.suppress_output import suppress_stderr


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How the landmarkers are run."""

    tracked: bool  # each frame from what was found in the one before, or each by itself (IMAGE mode)
    max_hands: int  # at most so many are looked for
    parallel: bool  # on threads, or one after another


TRACKED: Final = RunOptions(tracked=True, max_hands=2, parallel=True)
PER_IMAGE: Final = RunOptions(tracked=False, max_hands=2, parallel=True)
REFERENCE: Final = RunOptions(
    tracked=False, max_hands=1, parallel=False
)  # as the research project that Ishara grew out of


def fingerprint_of(parts: frozenset[Part], options: RunOptions = TRACKED) -> str:
    """The networks' own digest and how they are run."""
    mode = "video" if options.tracked else "image"
    return f"mediapipe-tasks-{task_bundles.tasks_fingerprint(_task_names(parts))}-{mode}"


class MediaPipeLandmarker:
    """Pose, both hands and, when asked for, the face of one person.

    A part that is not asked for is not computed and stays NaN. Close it yourself: left to the garbage
    collector at exit, MediaPipe 1.2.2 raises in its dispatcher.
    """

    def __init__(
        self, parts: frozenset[Part] = DEFAULT_PARTS, folder: Path | None = None, options: RunOptions = TRACKED
    ) -> None:
        folder = folder or task_bundles.default_folder()
        names = _task_names(parts)
        task_bundles.require_tasks(folder, names)
        self._fingerprint = fingerprint_of(parts, options)
        self._way = options
        # One thread runs them one after another.
        self._threads = ThreadPoolExecutor(len(names) if options.parallel else 1, thread_name_prefix="landmarks")
        with suppress_stderr():
            self._tasks: dict[str, Any] = {name: _open(name, folder / name, options) for name in names}
        self._last_millisecond = -1
        self._is_first = True

    @property
    def fingerprint(self) -> str:
        """The networks' own digest and how they are run."""
        return self._fingerprint

    def detect(self, frame: Frame) -> Landmarks:
        """The points of one frame."""
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame.image))
        # MediaPipe counts whole milliseconds and refuses a time that does not grow.
        millisecond = max(round(frame.time * 1000), self._last_millisecond + 1)
        self._last_millisecond = millisecond
        # The networks' runtime talks when each graph runs for the first time. Later nothing may be silenced: other
        # threads log meanwhile.
        with suppress_stderr() if self._is_first else nullcontext():
            answers = {
                name: self._threads.submit(task.detect_for_video, image, millisecond)
                if self._way.tracked
                else self._threads.submit(task.detect, image)
                for name, task in self._tasks.items()
            }
            found = {name: answer.result() for name, answer in answers.items()}
        self._is_first = False
        return Landmarks(_lay_out(found, frame.image.shape[0] / frame.image.shape[1]), frame.time)

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


def _task_names(parts: frozenset[Part]) -> tuple[str, ...]:
    wanted = {
        "pose_landmarker.task": Part.POSE in parts,
        "hand_landmarker.task": bool(HANDS & parts),
        "face_landmarker.task": Part.FACE in parts,
    }
    return tuple(name for name, is_wanted in wanted.items() if is_wanted)


def _open(name: str, path: Path, way: RunOptions) -> Any:
    vision = mp.tasks.vision
    base = mp.tasks.BaseOptions(model_asset_path=str(path))
    mode = vision.RunningMode.VIDEO if way.tracked else vision.RunningMode.IMAGE
    openers: dict[str, Callable[[], Any]] = {
        "pose_landmarker.task": lambda: vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(base_options=base, running_mode=mode)
        ),
        "hand_landmarker.task": lambda: vision.HandLandmarker.create_from_options(
            vision.HandLandmarkerOptions(base_options=base, running_mode=mode, num_hands=way.max_hands)
        ),
        "face_landmarker.task": lambda: vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(base_options=base, running_mode=mode)
        ),
    }
    return openers[name]()


def _lay_out(found: dict[str, Any], aspect: float) -> Points:
    """The 543-point layout of what the tasks found; `aspect` is height over width."""
    points = Landmarks.empty(0.0).points
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
        for part, number in assign_handedness(hands, rightness, points[PART_SLICES[Part.POSE]]).items():
            points[PART_SLICES[part]] = hands[number]
    return points


def _array(landmarks: Any, aspect: float) -> Points:
    """MediaPipe's landmarks as float32 [n, 3] in picture widths."""
    return np.array([(point.x, point.y * aspect, point.z) for point in landmarks], np.float32)
