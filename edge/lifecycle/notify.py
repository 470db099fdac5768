"""Tells the service manager how the daemon is doing, in systemd's protocol: lines in a datagram to $NOTIFY_SOCKET.

The protocol is stable and ten lines long, so that no library that has to be compiled is needed for it.
https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import logging
import socket
import time
from collections.abc import Mapping
from typing import Final, Self

log = logging.getLogger(__name__)

SOCKET_VARIABLE: Final = "NOTIFY_SOCKET"
_SEND_S: Final = 1.0


class Notifier:
    """Speaks to the service manager; where there is none, as at a desk, nothing is said."""

    def __init__(self, address: str | None) -> None:
        """The address is a path or, with @ in front, a name in Linux's abstract namespace."""
        self._address = None if address is None else address.replace("@", "\0", 1) if address[0] == "@" else address

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The notifier that the environment asks for."""
        return cls(environment.get(SOCKET_VARIABLE) or None)

    @property
    def is_enabled(self) -> bool:
        """Whether a service manager listens."""
        return self._address is not None

    def ready(self, status: str) -> None:
        """The daemon works, or works again after a reload."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is read anew; `ready` follows."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def status(self, sentence: str) -> None:
        """What `systemctl status` shows."""
        self._send(f"STATUS={sentence}")

    def watchdog(self) -> None:
        """The daemon is alive; without this for WatchdogSec it is killed and started anew."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The daemon leaves."""
        self._send("STOPPING=1", "STATUS=leaving")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.settimeout(_SEND_S)
            try:
                line.connect(self._address)
                line.send("\n".join(lines).encode())
            except OSError as error:
                log.warning("the service manager at %s does not listen: %s", self._address, error)
