"""Ends the process even if a camera hangs in its driver.

A thread that returns from OpenCV's C++ while Python shuts down is ended there and then by Python, which C++ answers
with an abort (https://github.com/python/cpython/issues/87135; fixed in Python 3.14).
"""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

from edge.cameras.latest_frame import is_camera_thread_alive


def exit_process(code: int) -> NoReturn:
    """Exit with a code, without Python's own shutdown if a camera's thread still runs."""
    if is_camera_thread_alive():
        logging.shutdown()
        with suppress(OSError):  # its reader may already have exited
            sys.stdout.flush()
        os._exit(code)
    sys.exit(code)
