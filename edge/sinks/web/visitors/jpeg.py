"""The check of a visitor's JPEG before it is decoded.

The server runs it in its own process, which decodes nothing. The size is checked by the decoder itself: a second reader
of the header can be made to read another one.
"""

from typing import Final

MAX_PIXELS: Final = 1920 * 1088
"""The limit for one picture; some cameras send 1088 rows for 1080."""
ENVIRONMENT: Final = {"OPENCV_IO_MAX_IMAGE_PIXELS": str(MAX_PIXELS)}
"""Makes OpenCV refuse larger pictures by what its decoder reads in the header; it is read when OpenCV is imported."""

_SIGNATURE: Final = b"\xff\xd8\xff"
_SCAN: Final = b"\xff\xda"
_MAX_SCANS: Final = 32  # each costs a pass over the whole picture, however short it is


class ImageRefused(Exception):
    """A picture that is not processed; the message says why."""


def check_jpeg(content: bytes) -> None:
    """Raise ImageRefused for what is no JPEG, or takes long to decode."""
    if not content.startswith(_SIGNATURE):
        raise ImageRefused("this is no JPEG")
    if content.count(_SCAN) > _MAX_SCANS:
        raise ImageRefused(f"a JPEG of more than {_MAX_SCANS} scans")
