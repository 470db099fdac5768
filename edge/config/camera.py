"""The section `[camera]`."""

import json
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from edge.config.section import CredentialFile, Section, read_secret
from edge.config.source_name import SourceName

_ROUNDING: Final = 1e-6


class CameraConfig(Section):
    """The source of the frames, and their orientation and crop.

    Size and rate are requested from a camera on this device, which otherwise keeps its own; a network stream or a clip
    comes as it was made. Every image is given square pixels, then rotated clockwise, then mirrored, then cropped to the
    region, whose bounds are shares of the rotated and mirrored image.
    """

    source: SourceName = SourceName("/dev/video0")
    """The camera or clip to read: a device, `v4l2:`, `picamera:0`, `csi:0`, `rtsp://`, `http://`, a video file, a
    folder of numbered frames or `take:FILE`."""
    username: Annotated[str, StringConstraints(min_length=1)] | None = None
    """User name at a network camera whose address holds none."""
    password_file: CredentialFile | None = None
    """File that holds the password of a network camera whose address holds none; looked for as `mqtt.password_file`
    is."""
    width_px: Annotated[int, Field(ge=160, le=3840, multiple_of=2)] | None = None
    """Image width in pixels to request, together with `height_px`; without them the camera's own size."""
    height_px: Annotated[int, Field(ge=120, le=2160, multiple_of=2)] | None = None
    """Image height in pixels to request, together with `width_px`; without them the camera's own size."""
    frames_per_s: Annotated[int, Field(ge=5, le=120)] | None = None
    """Frames a second to request; without it the camera's own rate."""
    pixel_aspect: Annotated[float, Field(ge=0.25, le=4.0)] | None = None
    """Width of a pixel divided by its height, for a camera whose picture is squeezed; without it, what a stream or clip
    says about itself, and otherwise 1. A picture of 720x576 for a screen of 4:3 has 1.0667, for one of 16:9 1.4222."""
    rotation_degrees: Annotated[int, Field(ge=0, le=270, multiple_of=90)] = 0
    """Clockwise rotation of the image in degrees: 0, 90, 180 or 270."""
    mirror: bool = False
    """Mirror the image: only for cameras that deliver mirrored images, as some do for video calls. The recogniser
    distinguishes the left hand from the right, so that mirroring a correct image spoils it."""
    region_left: Annotated[float, Field(ge=0.0, le=0.9)] = 0.0
    """Left edge of the region in which the signer stands, as a share of the image's width."""
    region_top: Annotated[float, Field(ge=0.0, le=0.9)] = 0.0
    """Top edge of the region, as a share of the image's height."""
    region_width: Annotated[float, Field(ge=0.1, le=1.0)] = 1.0
    """Width of the region, as a share of the image's width; 1 up to the right edge."""
    region_height: Annotated[float, Field(ge=0.1, le=1.0)] = 1.0
    """Height of the region, as a share of the image's height; 1 down to the bottom edge."""

    def to_json(self) -> str:
        """Return the section as JSON that holds the whole address of the camera."""
        return json.dumps(self.model_dump(mode="json") | {"source": self.source.get_secret_value()})

    def read_password(self) -> str | None:
        """Return the password from its file. Raises ConfigInvalid when the file cannot be read."""
        return None if self.password_file is None else read_secret("camera.password_file", self.password_file)

    @property
    def size_px(self) -> tuple[int, int] | None:
        """Return the width and height to request; None for the camera's own."""
        return None if self.width_px is None or self.height_px is None else (self.width_px, self.height_px)

    @model_validator(mode="after")
    def _check_size_and_region(self) -> Self:
        if (self.width_px is None) != (self.height_px is None):
            raise ValueError("width_px and height_px are given together or not at all")
        for start, length in (("region_left", "region_width"), ("region_top", "region_height")):
            if getattr(self, start) + getattr(self, length) > 1.0 + _ROUNDING:
                raise ValueError(f"{start} and {length} together are more than the whole image, 1.0")
        return self
