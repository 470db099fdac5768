"""The check of a visitor's JPEG by its header, before it is decoded: a small file can hold a huge picture.

The server runs it in its own process, without OpenCV, which decodes in the process of the recognition.
"""

import struct
from typing import Final, NamedTuple

MAX_PIXELS: Final = 1920 * 1088
"""The limit for one picture; some cameras send 1088 rows for 1080."""

_MIN_SIDE: Final = 16  # pixels
_MAX_SCANS: Final = 32  # each costs a pass over the whole picture, however short it is
_FRAMES: Final = (0xC0, 0xC1, 0xC2)  # Huffman-coded: baseline, extended, progressive (ITU-T T.81, table B.1)
_OTHER_FRAMES: Final = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_WITHOUT_LENGTH: Final = (0x01, *range(0xD0, 0xD9))
_SCAN, _END, _FILL = 0xDA, 0xD9, 0xFF
_BITS: Final = 8
_CHANNELS: Final = (1, 3)


class ImageRefused(Exception):
    """A picture that is not processed; the message says why."""


class Size(NamedTuple):
    """The width and the height of a picture in pixels."""

    width: int
    height: int


def size_of(content: bytes) -> Size:
    """Return the size that a JPEG's header states. Raises ImageRefused if it is no JPEG, or must not be decoded."""
    if not content.startswith(b"\xff\xd8\xff"):
        raise ImageRefused("this is no JPEG")
    size = _frame_size(content)
    if min(size) < _MIN_SIDE or size.width * size.height > MAX_PIXELS:
        raise ImageRefused(
            f"a picture of {size.width}x{size.height} pixels; each side needs at least {_MIN_SIDE}, "
            f"and the whole may have at most {MAX_PIXELS}"
        )
    if content.count(bytes((_FILL, _SCAN))) > _MAX_SCANS:
        raise ImageRefused(f"a JPEG of more than {_MAX_SCANS} scans")
    return size


def _frame_size(content: bytes) -> Size:
    """Return the size in the frame header, skipping the segments before it. Raises ImageRefused."""
    position = 2
    while position + 4 <= len(content):
        if content[position] != _FILL:
            break
        marker = content[position + 1]
        if marker == _FILL:
            position += 1
            continue
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        if marker in (_SCAN, _END):
            break
        length = int.from_bytes(content[position + 2 : position + 4])
        if marker in _FRAMES and position + 10 <= len(content):
            bits, height, width, channels = struct.unpack_from(">BHHB", content, position + 4)
            if bits != _BITS or channels not in _CHANNELS:
                raise ImageRefused("a JPEG that is neither grey nor coloured with 8 bits per channel")
            return Size(width, height)
        if marker in _OTHER_FRAMES:
            raise ImageRefused("a JPEG of a kind that cameras do not make")
        position += 2 + length
    raise ImageRefused("this JPEG is damaged")
