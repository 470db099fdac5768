"""What will become of some takes: numbers that tell it for each take, until their points are drawn.

To change every point as often as training changes takes would be to pass through all of a batch's memory again and
again. So changes are put together here, for each take by itself, and each point is touched once (apply.py).

Shape legend: B takes, G limbs (one body or two hands), T recorded frames, E ends (before and after), K frames at each
end, F = T + 2 K, P points.
"""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from trainer.data.raw_batch import RawBatch

SLOTS: Final = 6  # K

Floats = NDArray[np.float32]


class PartParams(NamedTuple):
    """What becomes of a body's points, or of both hands'. Made with nothing becoming of them.

    A recorded hand is turned about its wrist and goes where the wrist goes; a body is neither turned nor led. After
    that some points stand still, frames before and after are made up, and all frames change alike.
    """

    turn: Floats  # [B, G, 3, 3]
    sway: Floats  # [B, G]: how much of the wrist's way is left
    lead: Floats  # [B, G, 3]: what the wrist is moved by; NaN: a hand out of view
    still: NDArray[np.bool_]  # [B, G, P]: which points stand where `place` says; of a hand all or none
    place: Floats  # [B, G, P, 3]: that place, and for the points of a body that move what they are moved by
    start: Floats  # [B, E, G, P, 3]: made-up frames lie between this posture ...
    stop: Floats  # [B, E, G, P, 3]: ... and this one
    share: Floats  # [B, G, 2 K]: how far from one to the other; at 0 and 1 the other one may be unseen
    aside: Floats  # [B, G, 2 K, 3]: what a made-up frame is moved by
    whole_turn: Floats  # [B, G, 3, 3]: how all frames' points are turned as seen from the wrist
    shift: Floats  # [B, G, F, 3]: what they are moved by; NaN where the limb is hidden
    bend: Floats  # [B, G, 3, P]: what each point is moved by

    @classmethod
    def unchanged(cls, takes: int, frames: int, columns: NDArray[np.int64]) -> Self:
        """Of so many takes of F frames."""
        limbs, points = columns.shape

        def zeros(*shape: int) -> Floats:
            return np.zeros((takes, *shape), np.float32)

        upright = np.broadcast_to(np.eye(3, dtype=np.float32), (takes, limbs, 3, 3))
        return cls(
            turn=upright.copy(),
            sway=zeros(limbs) + 1.0,
            lead=zeros(limbs, 3),
            still=np.zeros((takes, limbs, points), np.bool_),
            place=zeros(limbs, points, 3),
            start=zeros(2, limbs, points, 3),
            stop=zeros(2, limbs, points, 3),
            share=zeros(limbs, 2 * SLOTS),
            aside=zeros(limbs, 2 * SLOTS, 3),
            whole_turn=upright.copy(),
            shift=zeros(limbs, frames, 3),
            bend=zeros(limbs, 3, points),
        )


class AugmentationParams(NamedTuple):
    """What becomes of takes. Made with nothing becoming of them but room for frames before and after."""

    pose: PartParams
    hands: PartParams
    plane: Floats  # [B, 3, 3]: what becomes of places in the picture, about its middle
    times: Floats  # [B, F]; NaN: a frame that is not there
    takes: NDArray[np.int64]  # [B, F]: which take's ...
    frames: NDArray[np.int64]  # [B, F]: ... and which frame is shown
    is_negative: NDArray[np.bool_]  # [B]: which takes are no sign any more

    @classmethod
    def of(cls, recorded: RawBatch) -> Self:
        """Of these takes, as they were recorded."""
        times = np.pad(recorded.relative_times(), ((0, 0), (SLOTS, SLOTS)), constant_values=np.nan)
        count, frames = times.shape
        return cls(
            PartParams.unchanged(count, frames, recorded.pose),
            PartParams.unchanged(count, frames, recorded.hands),
            np.broadcast_to(np.eye(3, dtype=np.float32), (count, 3, 3)).copy(),
            times,
            np.repeat(np.arange(count)[:, None], frames, 1),
            np.repeat(np.arange(frames)[None], count, 0),
            np.zeros(count, np.bool_),
        )
