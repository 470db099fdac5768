"""Notifies the service manager in systemd's protocol: lines in a datagram to $NOTIFY_SOCKET.

The protocol is stable and ten lines long, so that no library that has to be compiled is needed for it.
https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import logging
import socket
import time
from collections.abc import Mapping
from typing import Final, Self

from landmarkers.plain_text import one_sentence

log = logging.getLogger(__name__)

SOCKET_VARIABLE: Final = "NOTIFY_SOCKET"
_SEND_S: Final = 1.0
_MAX_CHARACTERS: Final = 2000  # of a line; a status joins several sentences


class Notifier:
    """Sends notifications to the service manager; without one, as at a desk, it does nothing."""

    def __init__(self, address: str | None) -> None:
        """The address is a path or, with @ in front, a name in Linux's abstract namespace."""
        self._address = None if address is None else address.replace("@", "\0", 1) if address[0] == "@" else address

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the notifier for the socket that the environment names."""
        return cls(environment.get(SOCKET_VARIABLE) or None)

    @property
    def is_enabled(self) -> bool:
        """Return True if there is a service manager."""
        return self._address is not None

    def ready(self, status: str) -> None:
        """Notify that the daemon runs, or runs again after a reload."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Notify that the configuration is read again; `ready` follows."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def status(self, sentence: str) -> None:
        """Set the line that `systemctl status` shows."""
        self._send(f"STATUS={sentence}")

    def watchdog(self) -> None:
        """Notify that the daemon is alive; without this for WatchdogSec it is killed and restarted."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Notify that the daemon stops."""
        self._send("STOPPING=1", "STATUS=leaving")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        # What a status quotes may hold line breaks, which would begin another notification.
        content = "\n".join(one_sentence(line, _MAX_CHARACTERS) for line in lines).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
            connection.settimeout(_SEND_S)
            try:
                connection.connect(self._address)
                connection.send(content)
            except OSError as error:
                log.warning("the service manager at %s cannot be notified: %s", self._address, error)
