"""How landmarks agree with those of the reference implementation, frame by frame."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from landmarkers.frame import Landmarks, Points
from landmarkers.layout import HANDS, LEFT_SHOULDER, RIGHT_SHOULDER, Part
from models.strict_model import StrictModel

_SAME_PLACE = 0.5  # shoulder widths
_COMPARED_POSE = slice(0, 17)  # head, shoulders, elbows, wrists: below them the network guesses at what is out of view


class Agreement(StrictModel):
    """How our landmarks agree with MediaPipe's on each picture by itself.

    `hands_found` is the share of the hands found there that are found by us too, in the same place (within half a
    shoulder width); `hands_named_alike` the share of these that both call by the same side. `distance` is the mean
    distance of the points of these hands and of head, shoulders, elbows and wrists, in shoulder widths.
    """

    hands_found: float
    hands_named_alike: float
    distance: float


@dataclass(slots=True)
class Comparison:
    """Gathers how our points lie against MediaPipe's, frame by frame."""

    theirs: int = 0
    found: int = 0
    named_alike: int = 0
    distances: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, ours: Landmarks, theirs: Landmarks) -> None:
        """Hold our points of one frame against MediaPipe's."""
        pose = theirs.part(Part.POSE)
        width = float(np.linalg.norm(pose[LEFT_SHOULDER, :2] - pose[RIGHT_SHOULDER, :2]))
        if not width > 0.0:  # nobody is seen: nothing to measure in
            return
        if ours.is_visible(Part.POSE):
            self.distances.append(_apart(ours.part(Part.POSE)[_COMPARED_POSE], pose[_COMPARED_POSE]) / width)
        for part in filter(theirs.is_visible, HANDS):
            self.theirs += 1
            apart = {
                seen: _apart(ours.part(seen), theirs.part(part)) / width for seen in filter(ours.is_visible, HANDS)
            }
            near = {seen: distances for seen, distances in apart.items() if distances.mean() <= _SAME_PLACE}
            if near:
                self.found += 1
                self.named_alike += part in near
                self.distances.append(min(near.values(), key=np.mean))

    def result(self) -> Agreement:
        """The agreement over all frames; NaN for the distance when nobody was seen."""
        distance = float(np.concatenate(self.distances).mean()) if self.distances else float("nan")
        return Agreement(
            hands_found=round(self.found / max(1, self.theirs), 4),
            hands_named_alike=round(self.named_alike / max(1, self.found), 4),
            distance=round(distance, 4),
        )


def _apart(ours: Points, theirs: Points) -> Points:
    """How far points [n, 3] lie apart in the picture, [n]."""
    distances: Points = np.linalg.norm((ours - theirs)[:, :2], axis=1)
    return distances
