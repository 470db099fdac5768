"""The last lines of the log, kept in memory for the support bundle, since a service cannot read the journal."""

import logging
from collections import deque
from typing import Final

from edge.lifecycle.logging_setup import LineFormatter

_MAX_LINES: Final = 400
_MAX_CHARACTERS: Final = 1000  # of one record: a trace is longer than a sentence


class RecentLog(logging.Handler):
    """Keeps the last records, as lines with their times."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[str] = deque(maxlen=_MAX_LINES)
        self.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self._lines.append(self.format(record)[-_MAX_CHARACTERS:])

    def lines(self) -> list[str]:
        """Return the lines, oldest first."""
        self.acquire()
        try:
            return list(self._lines)
        finally:
            self.release()


def keep_recent_log() -> None:
    """Keep the last lines of everything that is logged from now on."""
    if not any(isinstance(handler, RecentLog) for handler in logging.getLogger().handlers):
        logging.getLogger().addHandler(RecentLog())


def recent_lines() -> list[str]:
    """Return the last lines, oldest first; none where they are not kept."""
    handlers = (handler for handler in logging.getLogger().handlers if isinstance(handler, RecentLog))
    return next((handler.lines() for handler in handlers), [])
