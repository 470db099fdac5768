"""Synthetic takes for stream tests: a signer who signs, and one who then rests both hands, visible, in the lap."""

import numpy as np

from landmarkers.layout import HANDS, LEFT_WRIST, PART_SLICES, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take
from tests import synthetic_signer

RATE = 30
_WRISTS = {Part.LEFT_HAND: LEFT_WRIST, Part.RIGHT_HAND: RIGHT_WRIST}


def sign_take(sign_id: int, x: float, *, signer: str = "01", number: int = 0, seconds: float = 1.0) -> Take:
    """Return a sign with the right hand raised at x from the first frame to the last."""
    clip = f"{signer}/test/{sign_id}/{number}"
    return synthetic_signer.take(
        synthetic_signer.even_times(RATE, seconds),
        synthetic_signer.Sign(0.0, seconds, x),
        provenance=Provenance(clip, synthetic_signer.LANDMARKER, signer, "test", sign_id),
    )


def rest_take(*, signer: str = "02", seconds: float = 0.8) -> Take:
    """Return half a second of a sign, followed by hands that rest in the lap for `seconds`."""
    take = synthetic_signer.take(
        synthetic_signer.even_times(RATE, 0.5 + seconds),
        synthetic_signer.Sign(0.0, 0.5),
        provenance=Provenance(f"{signer}/train/71/rest", synthetic_signer.LANDMARKER, signer, "train", 71),
    )
    is_resting = take.times > 0.5
    pose = take.points[:, PART_SLICES[Part.POSE]]
    fingers = np.linspace(0.0, 0.05, 21)[:, None] * np.ones(3)
    for hand in HANDS:
        take.points[is_resting, PART_SLICES[hand]] = pose[is_resting, _WRISTS[hand]][:, None] + fingers
    return take
