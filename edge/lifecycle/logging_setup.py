"""Configures the log: to systemd's journal with fields, or to standard error.

systemd connects a program's standard error to the journal and says so in JOURNAL_STREAM. The journal takes fields from
the library systemd-python and, without it, a line's priority from a number in front of the line.
https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html
"""

import importlib
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from landmarkers.plain_text import escape

STREAM_VARIABLE: Final = "JOURNAL_STREAM"
IDENTIFIER: Final = "ishara-edge"
# Syslog's numbers, the most severe first.
_PRIORITIES: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG: Final = 7


def configure_logging(environment: Mapping[str, str]) -> None:
    """Log to the journal if standard error leads there, otherwise to standard error."""
    logging.basicConfig(level=logging.INFO, handlers=[_handler(environment)])


def print_error(sentence: str, environment: Mapping[str, str]) -> None:
    """Print on standard error why the program ends and what the user must do."""
    prefix = f"<{syslog_priority(logging.ERROR)}>" if is_journal_stream(environment, 2) else ""
    sys.stderr.write(f"{prefix}{IDENTIFIER}: {escape(sentence)}\n")


class LineFormatter(logging.Formatter):
    """Shows controls in a message escaped: what it quotes, a camera's or a broker's words, cannot begin a line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """Return the message on one line."""
        return escape(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Return the lines of a trace."""
        return "\n".join(escape(line) for line in super().formatException(ei).split("\n"))


class PriorityFormatter(LineFormatter):
    """Puts the message's priority in front of each line, because each line is a message of the journal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        prefix = f"<{syslog_priority(record.levelno)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


def syslog_priority(level: int) -> int:
    """Return syslog's number of one of Python's levels."""
    return next((number for minimum, number in _PRIORITIES if level >= minimum), _DEBUG)


def is_journal_stream(environment: Mapping[str, str], descriptor: int) -> bool:
    """Return True if a file descriptor is the journal's stream; a child with another one inherits the variable."""
    stat = os.fstat(descriptor)
    return environment.get(STREAM_VARIABLE) == f"{stat.st_dev}:{stat.st_ino}"


def _handler(environment: Mapping[str, str]) -> logging.Handler:
    if not is_journal_stream(environment, 2):
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(LineFormatter("%(levelname)s %(message)s"))
        return handler
    try:
        # Debian's python3-systemd, or the extra `journal`; neither builds on every machine.
        journal = importlib.import_module("systemd.journal")
    except ImportError:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(PriorityFormatter("%(message)s"))
        return handler
    handler = journal.JournalHandler(SYSLOG_IDENTIFIER=IDENTIFIER)
    handler.setFormatter(LineFormatter("%(message)s"))
    return handler
