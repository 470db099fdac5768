"""Runs one of the doctor's probes as a program: `python -m edge.doctor PROBE`, with its argument on standard input.

Prints one sentence about a success or, with exit code 2, about a refusal. It does not go to standard error, where
native code writes as well.
"""

import sys
from collections.abc import Callable
from typing import Final

from edge.doctor.probes import (
    probe_broker,
    probe_camera,
    probe_classifier,
    probe_landmarker,
    probe_signature,
    probe_speech,
)
from edge.lifecycle.exit import exit_process
from landmarkers.errors import UserError
from models.subprocess_probe import REFUSED_EXIT_CODE

PROBES: Final[dict[str, Callable[[str], str]]] = {
    "broker": probe_broker,
    "camera": probe_camera,
    "classifier": probe_classifier,
    "landmarker": probe_landmarker,
    "signature": probe_signature,
    "speech": probe_speech,
}


def main() -> int:
    """Run one probe and return the exit code."""
    try:
        print(PROBES[sys.argv[1]](sys.stdin.read()))
    except UserError as error:
        print(error)
        return REFUSED_EXIT_CODE
    return 0


if __name__ == "__main__":
    exit_process(main())
