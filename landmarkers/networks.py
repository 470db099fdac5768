"""The landmark networks, loaded, with the threads that run them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from landmarkers.body import BodyNetwork
from landmarkers.detector import PALM_STRIDES, POSE_STRIDES, Detector
from landmarkers.face import FaceNetwork
from landmarkers.hand import HandNetwork
from landmarkers.layout import HANDS, Part
from landmarkers.network_cost import NetworkCost
from landmarkers.task_bundles import default_folder, read_task

TASK: Final = "landmarks.task"


class Networks:
    """The networks of some parts, loaded, and the threads that run them in parallel.

    Several landmarkers may use them one after another, not at the same time.
    """

    def __init__(self, parts: frozenset[Part], folder: Path | None = None) -> None:
        """Load the networks of these parts from the task bundle. Raises NetworksUnavailable."""
        content = read_task(folder or default_folder(), TASK)
        self._parts = parts
        self.threads = ThreadPoolExecutor(3, thread_name_prefix="landmarks")
        if parts - HANDS:
            self.body_detector = Detector(content["pose_detector.tflite"], POSE_STRIDES, input_min=-1.0)
            self.body = BodyNetwork(content["pose_landmarks_detector.tflite"])
        if HANDS & parts:
            self.palm_detector = Detector(content["hand_detector.tflite"], PALM_STRIDES, input_min=0.0)
            # One for each hand, because they run in parallel.
            self.hands = [HandNetwork(content["hand_landmarks_detector.tflite"]) for _ in HANDS]
        if Part.FACE in parts:
            self.face = FaceNetwork(content["face_landmarks_detector.tflite"])

    def close(self) -> None:
        """Shut down the threads."""
        self.threads.shutdown()

    def cost(self) -> dict[str, NetworkCost]:
        """Return the cost of each network since it was loaded, by its name."""
        costs: dict[str, NetworkCost] = {}
        if self._parts - HANDS:
            costs["body detector"] = NetworkCost.of(self.body_detector.network)
            costs["body"] = NetworkCost.of(self.body.network)
        if HANDS & self._parts:
            costs["palm detector"] = NetworkCost.of(self.palm_detector.network)
            costs["hand"] = NetworkCost.of(*(hand.network for hand in self.hands))
        if Part.FACE in self._parts:
            costs["face"] = NetworkCost.of(self.face.network)
        return costs
