"""The owner of a device, who asks its page again and again with the token."""

import math
import ssl
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final

from tests.edge.sinks.web.client import TOKEN

P99_S: Final = 1.0
"""The owner gets an answer within this, 99 times in 100, whoever attacks."""

_TIMEOUT_S: Final = 5.0
_EVERY_S: Final = 0.02


@dataclass(slots=True)
class Waits:
    """The seconds until each answer, and what else came instead of one."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        """The time within which 99 of 100 answers came."""
        waits = sorted([*self.seconds, *[math.inf] * len(self.failures)])
        return waits[math.ceil(0.99 * len(waits)) - 1]


def ask_for(seconds: float, port: int, *, tls: bool = False) -> Waits:
    """Ask for the health on a new connection each time, one request after another."""
    waits, end = Waits(), time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        failure = _ask(port, tls=tls)
        if failure is None:
            waits.seconds.append(time.monotonic() - began)
        else:
            waits.failures.append(failure)
        time.sleep(_EVERY_S)
    return waits


def _ask(port: int, *, tls: bool) -> str | None:
    """Return what came instead of an answer, or None."""
    if tls:
        context = ssl._create_unverified_context()
        connection: HTTPConnection = HTTPSConnection("127.0.0.1", port, timeout=_TIMEOUT_S, context=context)
    else:
        connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/health", headers={"Authorization": f"Bearer {TOKEN}"})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return repr(error)
    finally:
        connection.close()
    return None if status == 200 else str(status)
