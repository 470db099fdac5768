"""Some takes side by side, as the network reads them."""

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """Points of B takes, padded to T frames; what is unseen or padding is NaN.

    In memory each coordinate of a limb lies in one piece, which what comes after works on several times as fast.
    """

    pose: Tensor  # [B, T, 11, 3], the points of preprocess.POSE_POINTS
    hands: Tensor  # [B, 2, T, 21, 3], left and right
    times: Tensor  # [B, T]

    def parts(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pose, left hand, right hand and times, as features are made of them."""
        return self.pose, self.hands[:, 0], self.hands[:, 1], self.times
