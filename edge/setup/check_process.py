"""Runs a check of set-up in a process of its own, in which a driver may hang and a library may crash."""

import logging
from typing import Final

from models.subprocess_probe import run_python

log = logging.getLogger(__name__)

_TIMEOUT_S: Final = 45.0


def run_check(name: str, argument: str = "", timeout_s: float = _TIMEOUT_S) -> str | None:
    """Return the JSON that a check of `edge/setup/__main__.py` prints; None if it fails, which is logged."""
    result = run_python(["-m", "edge.setup", name], stdin=argument, timeout_s=timeout_s)
    if not result.succeeded:
        log.warning("the check of %s failed", name)  # not its words, which may quote what it was given
        return None
    return result.text.rpartition("\n")[2]  # libraries may have printed lines of their own before
