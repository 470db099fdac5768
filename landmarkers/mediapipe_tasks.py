"""Detects landmarks with MediaPipe's Tasks: the reference implementation. The only file that imports MediaPipe.

Pose, hands and face are three landmarkers. For a bundle that was trained with them, each tracks from frame to frame
(VIDEO mode) on a thread of its own, since MediaPipe releases the GIL while it works. The benchmark measures against
two other ways to run them.
https://ai.google.dev/edge/mediapipe/solutions/vision/hand_landmarker
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.request import proxy_bypass

import mediapipe as mp
import numpy as np

from landmarkers.frame import Frame, Landmarks, Points
from landmarkers.handedness import assign_handedness
from landmarkers.layout import DEFAULT_PARTS, HANDS, PART_SLICES, Part
from landmarkers.suppress_output import suppress_stderr
from landmarkers.task_bundles import default_folder, require_tasks, tasks_fingerprint


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options with which the landmarkers are run."""

    tracked: bool  # VIDEO mode, which starts from the result of the frame before, or IMAGE mode
    max_hands: int
    parallel: bool  # one thread for each landmarker, or one for all


TRACKED: Final = RunOptions(tracked=True, max_hands=2, parallel=True)
PER_IMAGE: Final = RunOptions(tracked=False, max_hands=2, parallel=True)
REFERENCE: Final = RunOptions(tracked=False, max_hands=1, parallel=False)
"""The options of the research project that Ishara grew out of."""

_MAKER: Final = "play.googleapis.com"
_NOWHERE: Final = "nowhere://"


def fingerprint_of(parts: frozenset[Part], options: RunOptions = TRACKED) -> str:
    """Return the identity of the networks of these parts and of how they are run."""
    mode = "video" if options.tracked else "image"
    return f"mediapipe-tasks-{tasks_fingerprint(_task_names(parts))}-{mode}"


class MediaPipeLandmarker:
    """Detects pose, both hands and, if requested, the face of one person.

    A part that is not requested is not computed and stays NaN. Close the landmarker explicitly: left to the garbage
    collector at exit, MediaPipe 1.2.2 raises in its dispatcher.
    """

    def __init__(
        self, parts: frozenset[Part] = DEFAULT_PARTS, folder: Path | None = None, options: RunOptions = TRACKED
    ) -> None:
        """Open the task bundles of a folder. Raises NetworksUnavailable."""
        _forbid_usage_reports()
        folder = folder or default_folder()
        names = _task_names(parts)
        require_tasks(folder, names)
        self._fingerprint = fingerprint_of(parts, options)
        self._options = options
        self._threads = ThreadPoolExecutor(len(names) if options.parallel else 1, thread_name_prefix="landmarks")
        with suppress_stderr():
            self._tasks: dict[str, Any] = {name: _open_task(name, folder / name, options) for name in names}
        self._last_timestamp_ms = -1
        self._is_first = True

    @property
    def fingerprint(self) -> str:
        """The identity of the networks and of how they are run."""
        return self._fingerprint

    def detect(self, frame: Frame) -> Landmarks:
        """Detect the landmarks of one frame."""
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame.image))
        # MediaPipe counts whole milliseconds and refuses a timestamp that does not increase.
        timestamp_ms = max(round(frame.time * 1000), self._last_timestamp_ms + 1)
        self._last_timestamp_ms = timestamp_ms
        # The networks' runtime prints when each graph runs for the first time. Later runs must not suppress standard
        # error, because other threads log meanwhile.
        with suppress_stderr() if self._is_first else nullcontext():
            futures = {
                name: self._threads.submit(task.detect_for_video, image, timestamp_ms)
                if self._options.tracked
                else self._threads.submit(task.detect, image)
                for name, task in self._tasks.items()
            }
            results = {name: future.result() for name, future in futures.items()}
        self._is_first = False
        return Landmarks(_to_layout(results, frame.image.shape[0] / frame.image.shape[1]), frame.time)

    def close(self) -> None:
        """Release the networks and their threads."""
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


def _forbid_usage_reports() -> None:
    """Keep MediaPipe from reporting to its maker that and how it is used, for which it has no switch.

    Its libcurl refuses a proxy of an unknown scheme before it looks up any host. Python's own programs in this process
    are not affected: for them the empty variable in small letters takes precedence, which libcurl passes over.
    """
    os.environ["HTTPS_PROXY"], os.environ["https_proxy"] = _NOWHERE, ""
    if proxy_bypass(_MAKER):
        for name in ("NO_PROXY", "no_proxy"):
            os.environ.pop(name, None)


def _task_names(parts: frozenset[Part]) -> tuple[str, ...]:
    is_needed = {
        "pose_landmarker.task": Part.POSE in parts,
        "hand_landmarker.task": bool(HANDS & parts),
        "face_landmarker.task": Part.FACE in parts,
    }
    return tuple(name for name, needed in is_needed.items() if needed)


def _open_task(name: str, path: Path, options: RunOptions) -> Any:
    vision = mp.tasks.vision
    base = mp.tasks.BaseOptions(model_asset_path=str(path))
    mode = vision.RunningMode.VIDEO if options.tracked else vision.RunningMode.IMAGE
    openers: dict[str, Callable[[], Any]] = {
        "pose_landmarker.task": lambda: vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(base_options=base, running_mode=mode)
        ),
        "hand_landmarker.task": lambda: vision.HandLandmarker.create_from_options(
            vision.HandLandmarkerOptions(base_options=base, running_mode=mode, num_hands=options.max_hands)
        ),
        "face_landmarker.task": lambda: vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(base_options=base, running_mode=mode)
        ),
    }
    return openers[name]()


def _to_layout(results: dict[str, Any], aspect: float) -> Points:
    """Return the tasks' results in the layout of 543 points; `aspect` is height over width."""
    points = Landmarks.empty(0.0).points
    if "pose_landmarker.task" in results and results["pose_landmarker.task"].pose_landmarks:
        points[PART_SLICES[Part.POSE]] = _to_points(results["pose_landmarker.task"].pose_landmarks[0], aspect)
    if "face_landmarker.task" in results and results["face_landmarker.task"].face_landmarks:
        face = _to_points(results["face_landmarker.task"].face_landmarks[0], aspect)
        points[PART_SLICES[Part.FACE]] = face[: PART_SLICES[Part.FACE].stop]
    if "hand_landmarker.task" in results:
        result = results["hand_landmarker.task"]
        hands = [_to_points(hand, aspect) for hand in result.hand_landmarks]
        # MediaPipe names hands as in a mirrored image: its "Left" is the signer's right hand.
        right_hand_probabilities = [
            (hand[0].score if hand[0].category_name == "Left" else 1 - hand[0].score) for hand in result.handedness
        ]
        pose = points[PART_SLICES[Part.POSE]]
        for part, index in assign_handedness(hands, right_hand_probabilities, pose).items():
            points[PART_SLICES[part]] = hands[index]
    return points


def _to_points(landmarks: Any, aspect: float) -> Points:
    """Return MediaPipe's landmarks as float32 [n, 3] in image widths."""
    return np.array([(point.x, point.y * aspect, point.z) for point in landmarks], np.float32)
