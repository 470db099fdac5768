"""Makes views of frames for the preview: small, and without the picture where only the skeleton is to be seen."""

from typing import Final

from edge.sinks.captions.message import View
from edge.workers.preview_data import aspect_of, has_picture, joints_of, small_picture
from landmarkers.frame import Frame, Landmarks

_WIDTH: Final = 400  # enough for a third of a screen's width


def view_of(frame: Frame, landmarks: Landmarks, at: float, *, with_picture: bool) -> View:
    """The view of a frame taken at a moment of the monotonic clock."""
    aspect, joints = aspect_of(frame), joints_of(landmarks)
    if not with_picture or not has_picture(frame):
        return View(at, aspect, joints)
    small = small_picture(frame, _WIDTH)
    return View(at, aspect, joints, small.size, small.tobytes())
