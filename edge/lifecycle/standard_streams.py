"""The program's standard streams, which whoever started it may have closed, or led to a full disk."""

import io
import os
import sys
from typing import TYPE_CHECKING, Final

from landmarkers.errors import UserError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_INPUT, _OUTPUT, _ERROR = range(3)
# Of the null device: to print on a closed standard output fails, while what is logged to a closed error stream is lost.
_FLAGS: Final = {_INPUT: os.O_RDONLY, _OUTPUT: os.O_RDONLY, _ERROR: os.O_WRONLY}


class OutputLost(UserError):
    """Standard output cannot be written."""


class _Output(io.FileIO):
    """Standard output, whose failures have a name of their own."""

    def write(self, content: "ReadableBuffer", /) -> int:
        """Write. Raises BrokenPipeError, OutputLost; nothing is written after that."""
        try:
            return super().write(content)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), _OUTPUT)  # Python would fail again on its flush at exit
            if isinstance(error, BrokenPipeError):
                raise
            raise OutputLost(f"standard output cannot be written: {error.strerror}") from error


def prepare_standard_streams() -> None:
    """Occupy the numbers of closed streams, which files that are opened later would get, and watch what is printed."""
    for descriptor, flags in _FLAGS.items():
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)  # the lowest free number, which is this one
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Output(_OUTPUT, "wb", closefd=False)),
        encoding=sys.stdout.encoding if sys.stdout else "utf-8",
        errors=sys.stdout.errors if sys.stdout else "replace",
        line_buffering=os.isatty(_OUTPUT),
    )
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.FileIO(_ERROR, "wb", closefd=False), encoding="utf-8", write_through=True)
