"""Keeps the invitation to the set-up page right while the machine's addresses change.

A network may come after the daemon, as Wi-Fi does, or give the machine another address.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from edge.config import ConfigInvalid
from edge.setup.bootstrap import SetupWebConfig, page_urls
from edge.setup.invitation import Invitation
from edge.workers.supervised_thread import Escalation, SupervisedThread

log = logging.getLogger(__name__)

_EVERY_S: Final = 5.0
_CLOSE_TIMEOUT_S: Final = 1.0


class AddressWatch:
    """Looks for other addresses every five seconds."""

    def __init__(self, config: SetupWebConfig, show: Callable[[Invitation], None], escalation: Escalation) -> None:
        """`show` receives the invitation whenever its addresses change; it must not block."""
        self._port = config.port
        self._state = config.state
        self._invitation = config.invitation
        self._show = show
        self._closing = threading.Event()
        watched = replace(escalation, give_up=None)
        self._thread = SupervisedThread("the watch over the addresses of set-up", self._run, watched)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        self._thread.close(_CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while not self._closing.wait(_EVERY_S):
            urls = page_urls(self._port)
            if urls == self._invitation.urls:
                continue
            self._invitation = self._invitation.model_copy(update={"urls": urls})
            try:
                self._invitation.write(self._state)
            except ConfigInvalid as error:
                log.warning("%s", error)
            log.info("%s", self._invitation.sentence)
            self._show(self._invitation)
