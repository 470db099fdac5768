"""One of the doctor's trials as a program: `python -m edge.doctor TRIAL ARGUMENT`.

Prints what the doctor says, of a success or, with exit code 2, of a refusal. Not on standard error: native code writes
there as well.
"""

import sys
from collections.abc import Callable
from typing import Final

from edge.doctor.probes import BrokerAway, try_broker, try_camera, try_classifier, try_landmarker, try_signature
from edge.lifecycle.exit import leave
from landmarkers.errors import UserError
from models.subprocess_probe import REFUSED

TRIALS: Final[dict[str, Callable[[str], str]]] = {
    "broker": try_broker,
    "camera": try_camera,
    "classifier": try_classifier,
    "landmarker": try_landmarker,
    "signature": try_signature,
}


def main() -> int:
    """Run one trial; returns the exit code."""
    name, argument = sys.argv[1:]
    try:
        print(TRIALS[name](argument))
    except (BrokerAway, UserError) as error:
        print(error)
        return REFUSED
    return 0


if __name__ == "__main__":
    leave(main())
