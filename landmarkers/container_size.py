"""The size of a video file according to its own container, which tells a truncated file from a whole one.

The number of frames in a header does not: an edit list leaves frames out, a variable rate makes the number a guess, and
some files have none.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO, Final

_HEADER: Final = 8  # of a box or a RIFF file: its length and its type, each of four bytes
_LONG: Final = 1  # in place of a box's length: the length follows in eight bytes
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_RIFF_UNKNOWN: Final = frozenset({0, 0xFFFFFFFF})  # of what was written to a pipe, where no size can be filled in later
_ASF: Final = bytes.fromhex("3026b2758e66cf11")  # the first half of the header's name
_ASF_PROPERTIES: Final = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_SIZE_OFFSET: Final = 40  # behind the object's name, its length and the file's name, of 16, 8 and 16 bytes
_FLV_SIZE: Final = b"\x00\x08filesize\x00"  # a property of this name that is a number
_MAX_PROPERTIES: Final = 1 << 16  # bytes at the start of a file


def declared_size(path: Path) -> int | None:
    """Return how many bytes an MP4, QuickTime, AVI, Matroska, WebM, WMV or FLV file says that it has; None if none.

    ISO/IEC 14496-12 (boxes), RFC 9559 (Matroska), Microsoft's RIFF and ASF, Adobe's FLV.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER)
        if start[4:] in _BOXES:
            return _end_of_boxes(file)
        if start.startswith(b"RIFF"):
            length = int.from_bytes(start[4:], "little")
            return None if length in _RIFF_UNKNOWN else length + _HEADER
        if start.startswith(_EBML):
            return _end_of_segment(file)
        if start == _ASF:
            return _number_after(file, _ASF_PROPERTIES, _ASF_SIZE_OFFSET - len(_ASF_PROPERTIES), "<Q")
        if start.startswith(b"FLV"):
            return _number_after(file, _FLV_SIZE, 0, ">d")
    return None


def _number_after(file: BinaryIO, name: bytes, gap: int, form: str) -> int | None:
    """Return the number of this form that follows a name in the first bytes of the file; None for 0 and without one."""
    file.seek(0)
    start = file.read(_MAX_PROPERTIES)
    at = start.find(name)
    position = at + len(name) + gap
    if at < 0 or position + struct.calcsize(form) > len(start):
        return None
    (number,) = struct.unpack_from(form, start, position)
    return int(number) if 0.0 < number < float("inf") else None


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
