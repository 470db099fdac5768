"""Watches the live page from the daemon: a process that is alive may nevertheless not answer."""

import threading
from functools import partial
from http.client import HTTPException
from typing import Final

from edge.config import WebConfig
from edge.monitoring.status import Component, DeviceStatus
from edge.sinks.web.page_client import ask_page
from edge.workers.supervised_thread import SupervisedThread

_NAME: Final = "the watch of the live page"
_EVERY_S: Final = 10.0
_RETRY_S: Final = 2.0
_TIMEOUT_S: Final = 5.0
_MAX_MISSED: Final = 2  # answers in a row; a busy device may miss one


class PageWatch:
    """Requests the page's health again and again while its process says that it serves, and reports if none comes."""

    def __init__(self, config: WebConfig, token: str | None, status: DeviceStatus) -> None:
        """Start watching."""
        self._config = config
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._report = partial(status.report_thread, Component.WEB, "the page")
        self._is_served = threading.Event()
        self._closing = threading.Event()
        self._thread = SupervisedThread(_NAME, self._watch, status.escalation(Component.WEB))
        self._thread.start()

    def set_served(self, *, is_served: bool) -> None:
        """Say whether the process serves; if it does not, its supervisor reports why."""
        if is_served:
            self._is_served.set()
        else:
            self._is_served.clear()

    def close(self) -> None:
        """Stop watching; a request on its way is not awaited."""
        self._closing.set()
        self._is_served.set()
        self._thread.close(0.0)

    def _watch(self) -> None:
        missed = 0
        while not self._closing.is_set():
            self._is_served.wait()
            reason = self._failure()
            missed = 0 if reason is None else missed + 1
            if not self._is_served.is_set():
                missed = 0  # its process has ended meanwhile
            self._report(f"the page does not answer: {reason}" if missed >= _MAX_MISSED else None)
            self._closing.wait(_RETRY_S if missed else _EVERY_S)

    def _failure(self) -> str | None:
        """Return why no answer came, or None."""
        try:
            with ask_page(self._config, "/health", timeout_s=_TIMEOUT_S, headers=self._headers) as response:
                response.read()
                return None if response.status < 400 else f"it answers with the status {response.status}"
        except (OSError, HTTPException) as error:
            return str(error) or type(error).__name__
