"""Imports that may fail on a device, and the sentence that tells how to install what is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from landmarkers.errors import UserError

DEBIAN_PACKAGES: Final = "libegl1 libgl1 libgles2 libglib2.0-0"  # of MediaPipe and of the OpenCV that it asks for


class LibraryMissing(UserError):
    """A library is not installed or cannot be loaded; the message says what to do."""


@contextmanager
def require_libraries() -> Iterator[None]:
    """Wrap imports that load OpenCV, LiteRT or MediaPipe. Raises LibraryMissing.

    These libraries are imported late: a replayed take needs neither them nor the graphics libraries that they load.
    """
    try:
        yield
    except (ImportError, OSError) as error:
        is_absent = isinstance(error, ModuleNotFoundError)
        remedy = "pip install 'ishara[edge,opencv]'" if is_absent else f"on Debian: apt install {DEBIAN_PACKAGES}"
        raise LibraryMissing(f"a library that finds landmarks cannot be loaded here ({error}); {remedy}") from error
