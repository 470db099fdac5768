"""Reads `.npz` files of unknown origin: what an array claims is checked before memory is allocated for it.

`numpy.load` allocates what a header of a few bytes asks for, and raises a dozen kinds of errors.
"""

import codecs
import lzma
import math
import sys
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from landmarkers.bounded_reads import BoundedReads
from landmarkers.parsing import describe

# zipfile's for names. It is loaded now, for root may become a user who cannot read root's Python (models/owner.py).
codecs.lookup("cp437")

_MAX_READ_BYTES: Final = 1 << 20
_MAX_HEADER_BYTES: Final = 1000
_MAX_TEXT_BYTES: Final = 1 << 24  # four bytes a character
_MAX_ITEM_BYTES: Final = 8
_ENCRYPTED: Final = 1
_SUFFIX: Final = ".npy"
_FIRST_SURROGATE: Final = 0xD800
_LAST_SURROGATE: Final = 0xDFFF
# RuntimeError includes NotImplementedError and RecursionError, OSError a seek before the file's beginning.
_DAMAGE: Final = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class ArraysDamaged(ValueError):
    """A file that is not a whole `.npz`, or holds other arrays than expected; the message says what is wrong."""


def map_array(path: Path, kinds: Collection[str]) -> NDArray[Any]:
    """Return the array in an `.npy` file, read only where it is used. Raises OSError, ArraysDamaged."""
    try:
        array = np.asarray(np.load(path, mmap_mode="r", max_header_size=_MAX_HEADER_BYTES))
    except OSError:
        raise
    except _DAMAGE as error:
        raise ArraysDamaged(f"{path.name} cannot be read: {describe(error)}") from error
    if array.dtype.kind not in kinds or not _is_known(array.dtype):
        raise ArraysDamaged(f"{path.name} is of {array.dtype} {list(array.shape)}")
    return array


def _is_known(dtype: np.dtype[Any]) -> bool:
    """Return True for texts and for numbers of usual sizes."""
    return dtype.itemsize > 0 and (dtype.kind == "U" or dtype.itemsize <= _MAX_ITEM_BYTES)


def _is_text(array: NDArray[np.str_]) -> bool:
    """Return True if all of an array's texts are Unicode: numpy accepts any 32 bits as a character."""
    characters = np.ascontiguousarray(array).view(array.dtype.str[0] + "u4")
    is_surrogate = (characters >= _FIRST_SURROGATE) & (characters <= _LAST_SURROGATE)
    return not np.any(is_surrogate | (characters > sys.maxunicode))


class ArrayArchive:
    """An `.npz` file, of which single arrays are read."""

    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        """Read the directory. All arrays that are read have at most `max_bytes` together. Raises ArraysDamaged."""
        self._left = max_bytes
        try:
            # zipfile needs no more of a file than this.
            self._archive = zipfile.ZipFile(cast("IO[bytes]", BoundedReads(file, _MAX_READ_BYTES)))
            self.names = tuple(name.removesuffix(_SUFFIX) for name in self._archive.namelist())
        except _DAMAGE as error:
            raise ArraysDamaged(f"it is not a whole .npz file: {describe(error)}") from error

    def read(self, name: str, kinds: Collection[str]) -> NDArray[Any]:
        """Return an array whose dtype is of one of these kinds ("f", "i", …). Raises ArraysDamaged."""
        return self._read(name, kinds, self._left)

    def read_text(self, name: str) -> str:
        """Return the text of an array that was made of one. Raises ArraysDamaged."""
        array = self._read(name, "U", min(self._left, _MAX_TEXT_BYTES))
        if array.ndim:
            raise ArraysDamaged(f"its {name} is not one text")
        return str(array)

    def _read(self, name: str, kinds: Collection[str], max_bytes: int) -> NDArray[Any]:
        if name not in self.names:
            raise ArraysDamaged(f"it lacks {name}")
        try:
            entry = self._archive.getinfo(f"{name}{_SUFFIX}")
            size = self._size_of(entry, name, kinds)
            if size > max_bytes:
                raise ArraysDamaged(f"its {name} is too large")
            self._left -= size
            with self._archive.open(entry) as file:
                array: NDArray[Any] = np.lib.format.read_array(file, max_header_size=_MAX_HEADER_BYTES)
        except ArraysDamaged:
            raise
        except _DAMAGE as error:
            raise ArraysDamaged(f"its {name} cannot be read: {describe(error)}") from error
        if array.dtype.kind == "U" and not _is_text(array):
            raise ArraysDamaged(f"its {name} holds what is no text")
        return array

    def _size_of(self, entry: zipfile.ZipInfo, name: str, kinds: Collection[str]) -> int:
        """Return the bytes that an array takes, as its header states. Raises ArraysDamaged and _DAMAGE."""
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & _ENCRYPTED:
            raise ArraysDamaged(f"its {name} is compressed or encrypted in a way that is not supported")
        with self._archive.open(entry) as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ArraysDamaged(f"its {name} has a format that is not supported")
            shape, _, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=_MAX_HEADER_BYTES)
        if dtype.kind not in kinds or not _is_known(dtype) or any(length < 0 for length in shape):
            raise ArraysDamaged(f"its {name} is of {dtype} {list(shape)}")
        return math.prod(shape) * dtype.itemsize
