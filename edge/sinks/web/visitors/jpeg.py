"""A visitor's JPEG, looked over by its header before it is decoded, since a small file can hold a huge picture.

The page's server does that itself, and so does without OpenCV, which decodes in the process of the recognition.
"""

import struct
from typing import Final, NamedTuple

MOST_PIXELS: Final = 1920 * 1088
"""Of one picture; the 1088 are what some cameras make of 1080."""

_FEWEST: Final = 16  # pixels in a row or column
_MOST_SCANS: Final = 32  # each costs a pass over the whole picture, however short it is
_FRAMES: Final = (0xC0, 0xC1, 0xC2)  # Huffman-coded: baseline, extended, progressive (ITU-T T.81, table B.1)
_OTHER_FRAMES: Final = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_NO_LENGTH: Final = (0x01, *range(0xD0, 0xD9))
_SCAN, _END, _FILL = 0xDA, 0xD9, 0xFF
_BITS: Final = 8
_COLOURS: Final = (1, 3)


class ImageRefused(Exception):
    """What is no picture to look at; the message says why."""


class Size(NamedTuple):
    """Pixels in a row and in a column."""

    width: int
    height: int


def size_of(content: bytes) -> Size:
    """The size of a JPEG by its header. Raises PictureRefused for what is no JPEG, or not one to be decoded."""
    if not content.startswith(b"\xff\xd8\xff"):
        raise ImageRefused("this is no JPEG")
    size = _size_in(content)
    if min(size) < _FEWEST or size.width * size.height > MOST_PIXELS:
        raise ImageRefused(
            f"a picture of {size.width}x{size.height} pixels; no side may have less than {_FEWEST}, "
            f"and all of it no more than {MOST_PIXELS}"
        )
    if content.count(bytes((_FILL, _SCAN))) > _MOST_SCANS:
        raise ImageRefused("a JPEG of more scans than anybody makes")
    return size


def _size_in(content: bytes) -> Size:
    """What the frame header says; the segments before it are passed over."""
    place = 2
    while place + 4 <= len(content):
        if content[place] != _FILL:
            break
        marker = content[place + 1]
        if marker == _FILL:
            place += 1
            continue
        if marker in _NO_LENGTH:
            place += 2
            continue
        if marker in (_SCAN, _END):
            break
        length = int.from_bytes(content[place + 2 : place + 4])
        if marker in _FRAMES and place + 10 <= len(content):
            bits, height, width, colours = struct.unpack_from(">BHHB", content, place + 4)
            if bits != _BITS or colours not in _COLOURS:
                raise ImageRefused("a JPEG that is neither grey nor coloured with 8 bits")
            return Size(width, height)
        if marker in _OTHER_FRAMES:
            raise ImageRefused("a JPEG of a kind that cameras do not make")
        place += 2 + length
    raise ImageRefused("this JPEG is damaged")
