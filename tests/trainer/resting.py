"""Takes of a made-up person who signs and then lays both hands, still in view, into the lap."""

import numpy as np

from landmarkers.layout import HANDS, LEFT_WRIST, PART_SLICES, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take
from tests import synthetic_signer

RATE = 30
_WRISTS = {Part.LEFT_HAND: LEFT_WRIST, Part.RIGHT_HAND: RIGHT_WRIST}


def sign_take(sign_id: int, place: float, *, who: str = "01", number: int = 0, seconds: float = 1.0) -> Take:
    """A sign with the right hand at a place, up from the first frame to the last."""
    origin = Provenance(f"{who}/test/{sign_id}/{number}", synthetic_signer.LANDMARKER, who, "test", sign_id)
    return synthetic_signer.take(
        synthetic_signer.even_times(RATE, seconds), synthetic_signer.Sign(0.0, seconds, place), provenance=origin
    )


def lap_take(*, who: str = "02", seconds: float = 0.8) -> Take:
    """Half a second of a sign, and then the hands lie in the lap for so long."""
    origin = Provenance(f"{who}/train/71/rest", synthetic_signer.LANDMARKER, who, "train", 71)
    take = synthetic_signer.take(
        synthetic_signer.even_times(RATE, 0.5 + seconds), synthetic_signer.Sign(0.0, 0.5), provenance=origin
    )
    down = take.times > 0.5
    pose = take.points[:, PART_SLICES[Part.POSE]]
    fingers = np.linspace(0.0, 0.05, 21)[:, None] * np.ones(3)
    for hand in HANDS:
        take.points[down, PART_SLICES[hand]] = pose[down, _WRISTS[hand]][:, None] + fingers
    return take
