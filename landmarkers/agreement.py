"""Agreement of landmarks with others of the same frames, such as those of the reference implementation."""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.frame import Landmarks, Points, shoulder_width
from landmarkers.layout import HANDS, Part

_SAME_PLACE: Final = 0.5  # shoulder widths
# Head, shoulders, elbows, wrists: below them the network guesses at what is out of view.
_COMPARED_POSE: Final = slice(0, 17)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of our landmarks with the reference.

    `hands_found` is the share of the reference's hands that we find as well, in the same place (within half a shoulder
    width); `same_handedness` the share of these that both assign to the same side. `distance` is the mean distance of
    the points of these hands and of head, shoulders, elbows and wrists, in shoulder widths.
    """

    hands_found: float
    same_handedness: float
    distance: float


@dataclass(slots=True)
class Comparison:
    """Accumulates the agreement frame by frame."""

    reference_hands: int = 0
    hands_found: int = 0
    same_handedness: int = 0
    distances: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, ours: Landmarks, reference: Landmarks) -> None:
        """Compare our points of one frame with the reference's."""
        pose = reference.part(Part.POSE)
        width = shoulder_width(pose)
        if not width > 0.0:  # nobody is in view, so there is no unit of length
            return
        if ours.is_visible(Part.POSE):
            self.distances.append(_distances(ours.part(Part.POSE)[_COMPARED_POSE], pose[_COMPARED_POSE]) / width)
        for part in filter(reference.is_visible, HANDS):
            self.reference_hands += 1
            candidates = {
                hand: _distances(ours.part(hand), reference.part(part)) / width
                for hand in filter(ours.is_visible, HANDS)
            }
            near = {hand: distances for hand, distances in candidates.items() if distances.mean() <= _SAME_PLACE}
            if near:
                self.hands_found += 1
                self.same_handedness += part in near
                self.distances.append(min(near.values(), key=np.mean))

    def update(self, other: Self) -> None:
        """Add the frames of another comparison."""
        self.reference_hands += other.reference_hands
        self.hands_found += other.hands_found
        self.same_handedness += other.same_handedness
        self.distances += other.distances

    def result(self) -> Agreement:
        """Return the agreement over all frames; the distance is NaN when nobody was in view."""
        distance = float(np.concatenate(self.distances).mean()) if self.distances else float("nan")
        return Agreement(
            hands_found=round(self.hands_found / max(1, self.reference_hands), 4),
            same_handedness=round(self.same_handedness / max(1, self.hands_found), 4),
            distance=round(distance, 4),
        )


def _distances(ours: Points, reference: Points) -> Points:
    """Return the distances of points [n, 3] in the image plane, [n]."""
    distances: Points = np.linalg.norm((ours - reference)[:, :2], axis=1)
    return distances
