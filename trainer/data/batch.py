"""The batch of takes that the model receives."""

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """Points of B takes, padded to T frames; missing points and padding are NaN.

    In memory each coordinate of a body part is contiguous, which makes the operations that follow several times as
    fast.
    """

    pose: Tensor  # [B, T, 11, 3], the points of features.POSE_POINTS
    hands: Tensor  # [B, 2, T, 21, 3], left and right
    times: Tensor  # [B, T]

    def parts(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return pose, left hand, right hand and times, the inputs of the feature extractor."""
        return self.pose, self.hands[:, 0], self.hands[:, 1], self.times
