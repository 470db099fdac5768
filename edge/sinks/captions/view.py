"""Builds the views of the preview: reduced in size, and without the image where only the skeleton is shown."""

from typing import Final

from edge.sinks.captions.message import View
from edge.workers.joints import joints_of
from edge.workers.preview_data import aspect_of, has_image, reduced_image
from landmarkers.frame import Frame, Landmarks

_MAX_WIDTH: Final = 400  # enough for a third of a screen's width


def view_of(frame: Frame, landmarks: Landmarks, at: float, *, with_image: bool) -> View:
    """Return the view of a frame that was captured at an instant of the monotonic clock."""
    aspect, joints = aspect_of(frame), joints_of(landmarks)
    if not with_image or not has_image(frame):
        return View(at, aspect, joints)
    image = reduced_image(frame, _MAX_WIDTH)
    return View(at, aspect, joints, image.size, image.tobytes())
