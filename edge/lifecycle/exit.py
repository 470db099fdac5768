"""Ends a program whose camera may still hang in a driver.

A thread that comes back from OpenCV's C++ while Python takes itself down is ended there and then by Python, which C++
answers with an abort (https://github.com/python/cpython/issues/87135; mended in Python 3.14).
"""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

from edge.cameras.latest_frame import is_camera_thread_alive


def exit_process(code: int) -> NoReturn:
    """End with an exit code, without Python's own taking down if a camera is still being read."""
    if is_camera_thread_alive():
        logging.shutdown()
        with suppress(OSError):  # whoever read it may have left before
            sys.stdout.flush()
        os._exit(code)
    sys.exit(code)
