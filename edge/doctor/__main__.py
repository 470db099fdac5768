"""Runs one of the doctor's probes as a program: `python -m edge.doctor PROBE`, with its argument on standard input.

Prints one sentence about a success or, with exit code 2, about a refusal. It does not go to standard error, where
native code writes as well.

`python -m edge.doctor check` makes all checks beside a running daemon, whose request is on standard input, and prints
each finding as JSON on a line of its own.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from edge.diagnostics.check_request import CheckRequest
from edge.doctor.checks import run_checks
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
from landmarkers.processor import Machine
from models.subprocess_probe import REFUSED_EXIT_CODE

PROBES: Final[dict[str, Callable[[str], str]]] = {
    "broker": probe_broker,
    "camera": probe_camera,
    "classifier": probe_classifier,
    "landmarker": probe_landmarker,
    "signature": probe_signature,
    "speech": probe_speech,
}

_NICENESS: Final = 19  # recognition comes first


def check() -> None:
    """Check the device of a running daemon, at the lowest priority."""
    os.nice(_NICENESS)
    request = CheckRequest.read(sys.stdin.read())
    findings = run_checks(
        request.config, model=request.model, source=request.source, machine=Machine(), daemon=request.health
    )
    for finding in findings:
        print(json.dumps(asdict(finding), ensure_ascii=False), flush=True)


def main() -> int:
    """Run one probe, or all checks, and return the exit code."""
    try:
        if sys.argv[1] == "check":
            check()
            return 0
        print(PROBES[sys.argv[1]](sys.stdin.read()))
    except UserError as error:
        print(error)
        return REFUSED_EXIT_CODE
    return 0


if __name__ == "__main__":
    exit_process(main())
