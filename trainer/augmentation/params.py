"""The parameters of all augmentations of a batch, sampled for each take before any point is changed.

To change every point once per augmentation would pass through all of a batch's memory again and again. So the
augmentations are combined here, for each take by itself, and each point is changed once (apply.py).

Shape legend: B takes, G parts (one body or two hands), T recorded frames, E ends (before and after the sign), K
transition frames at each end, F = T + 2 K, P points.
"""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from trainer.data.raw_batch import RawBatch

TRANSITION_FRAMES: Final = 6  # K

Floats = NDArray[np.float32]


class PartParams(NamedTuple):
    """The parameters of a body's points, or of both hands'.

    In recorded frames a hand is rotated about its wrist and moved with the wrist; a body is neither rotated nor
    translated. Then static points are set in place, transition frames are added, and all frames are changed alike.
    """

    rotation: Floats  # [B, G, 3, 3]: of a hand about its wrist, in recorded frames
    motion_scale: Floats  # [B, G]: factor of the wrist's coordinates, below 1 for less motion
    translation: Floats  # [B, G, 3]: added to the wrist's coordinates; NaN: the hand is out of view
    is_static: NDArray[np.bool_]  # [B, G, P]: points that stay at `position`; of a hand all or none
    position: Floats  # [B, G, P, 3]: of static points; for the other points of a body an offset
    start: Floats  # [B, E, G, P, 3]: transition frames are interpolated between this posture and ...
    stop: Floats  # [B, E, G, P, 3]: ... this one
    blend: Floats  # [B, G, 2 K]: interpolation weight, 0 at `start`; at 0 and 1 the other posture may be missing
    offset: Floats  # [B, G, 2 K, 3]: added to all points of a transition frame
    linear: Floats  # [B, G, 3, 3]: linear map of all frames' points relative to the wrist
    shift: Floats  # [B, G, F, 3]: added to all points of a frame; NaN hides the part
    landmark_offset: Floats  # [B, G, 3, P]: added to each point, the same in all frames

    @classmethod
    def identity(cls, takes: int, frames: int, columns: NDArray[np.int64]) -> Self:
        """Return parameters that change nothing, for this number of takes of F frames."""
        parts, points = columns.shape

        def zeros(*shape: int) -> Floats:
            return np.zeros((takes, *shape), np.float32)

        identity = np.broadcast_to(np.eye(3, dtype=np.float32), (takes, parts, 3, 3))
        return cls(
            rotation=identity.copy(),
            motion_scale=zeros(parts) + 1.0,
            translation=zeros(parts, 3),
            is_static=np.zeros((takes, parts, points), np.bool_),
            position=zeros(parts, points, 3),
            start=zeros(2, parts, points, 3),
            stop=zeros(2, parts, points, 3),
            blend=zeros(parts, 2 * TRANSITION_FRAMES),
            offset=zeros(parts, 2 * TRANSITION_FRAMES, 3),
            linear=identity.copy(),
            shift=zeros(parts, frames, 3),
            landmark_offset=zeros(parts, 3, points),
        )


class AugmentationParams(NamedTuple):
    """The parameters of all takes of a batch; the augmentations write them in turn."""

    pose: PartParams
    hands: PartParams
    affine_2d: Floats  # [B, 3, 3]: linear map of positions in the image, about its centre
    times: Floats  # [B, F]; NaN: the frame is padding
    takes: NDArray[np.int64]  # [B, F]: source take and ...
    frames: NDArray[np.int64]  # [B, F]: ... source frame of each frame
    is_negative: NDArray[np.bool_]  # [B]: takes that became "no sign"

    @classmethod
    def identity(cls, batch: RawBatch) -> Self:
        """Return parameters that leave takes as recorded, with padding in place of transition frames."""
        padding = ((0, 0), (TRANSITION_FRAMES, TRANSITION_FRAMES))
        times = np.pad(batch.relative_times(), padding, constant_values=np.nan)
        count, frames = times.shape
        return cls(
            pose=PartParams.identity(count, frames, batch.pose),
            hands=PartParams.identity(count, frames, batch.hands),
            affine_2d=np.broadcast_to(np.eye(3, dtype=np.float32), (count, 3, 3)).copy(),
            times=times,
            takes=np.repeat(np.arange(count)[:, None], frames, 1),
            frames=np.repeat(np.arange(frames)[None], count, 0),
            is_negative=np.zeros(count, np.bool_),
        )
