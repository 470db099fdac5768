"""The size of a video file according to its own container, which tells a truncated file from a whole one.

The number of frames in a header does not: an edit list leaves frames out, a variable rate makes the number a guess, and
some files have none.
"""

import os
from pathlib import Path
from typing import BinaryIO, Final

_HEADER: Final = 8  # of a box or a RIFF file: its length and its type, each of four bytes
_LONG: Final = 1  # in place of a box's length: the length follows in eight bytes
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"


def declared_size(path: Path) -> int | None:
    """Return how many bytes MP4, QuickTime, AVI, Matroska and WebM files say that they have; None if it is not said.

    ISO/IEC 14496-12 (boxes), RFC 9559 (Matroska), Microsoft's RIFF.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER)
        if start[4:] in _BOXES:
            return _end_of_boxes(file)
        if start.startswith(b"RIFF"):
            return int.from_bytes(start[4:], "little") + _HEADER
        if start.startswith(_EBML):
            return _end_of_segment(file)
    return None


def _end_of_boxes(file: BinaryIO) -> int | None:
    """Return where the last box ends that begins in the file."""
    size = os.fstat(file.fileno()).st_size
    end = 0
    while end < size:
        file.seek(end)
        length = int.from_bytes(file.read(4), "big")
        if length == _LONG:
            file.seek(end + _HEADER)
            length = int.from_bytes(file.read(_HEADER), "big")
        if length < _HEADER:  # 0: up to the end of the file
            return None
        end += length
    return end


def _end_of_segment(file: BinaryIO) -> int | None:
    """Return where the segment ends, which follows the header and holds everything else."""
    file.seek(len(_EBML))
    header = _read_variable_length(file)
    if header is None:
        return None
    file.seek(header, os.SEEK_CUR)
    if file.read(len(_SEGMENT)) != _SEGMENT:
        return None
    segment = _read_variable_length(file)
    return None if segment is None else file.tell() + segment


def _read_variable_length(file: BinaryIO) -> int | None:
    """Read a length whose first byte has as many leading zeros as bytes follow; None if it is unknown: all ones."""
    first = int.from_bytes(file.read(1), "big")
    following = 8 - first.bit_length()
    mask = (1 << (7 + 7 * following)) - 1
    length = ((first << (8 * following)) | int.from_bytes(file.read(following), "big")) & mask
    return None if first == 0 or length == mask else length
