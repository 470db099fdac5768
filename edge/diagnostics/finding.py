"""The findings of the doctor, as a table for people and as JSON for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

_STATE_WIDTH: Final = 9
_CHECK_WIDTH: Final = 19


class State(StrEnum):
    """The result of one check. A check is skipped where its subject is not configured or cannot be examined."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


# Green, yellow, red and grey, as terminals know them.
_COLOURS: Final = {
    State.OK: "\x1b[32m",
    State.WARNING: "\x1b[33m",
    State.FAILED: "\x1b[31m",
    State.SKIPPED: "\x1b[90m",
}
_NO_COLOUR: Final = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check in a plain sentence, with a remedy where one is needed."""

    check: str
    state: State
    sentence: str
    remedy: str = ""


def is_ready(findings: Iterable[Finding]) -> bool:
    """Return True if nothing failed."""
    return all(finding.state is not State.FAILED for finding in findings)


def format_row(finding: Finding, *, coloured: bool = False) -> str:
    """Return one finding as a row of the table, with the remedy below it; `coloured` for a terminal."""
    state = f"{finding.state:{_STATE_WIDTH}}"
    if coloured:
        state = f"{_COLOURS[finding.state]}{state}{_NO_COLOUR}"
    row = f"{state}{finding.check:{_CHECK_WIDTH}}{finding.sentence}"
    return row + (f"\n{'':{_STATE_WIDTH + _CHECK_WIDTH}}to do: {finding.remedy}" if finding.remedy else "")


def format_summary(findings: Sequence[Finding]) -> str:
    """Return the last line of the table."""
    if is_ready(findings):
        return f"This device is ready: {', '.join(_counts(findings))}."
    return f"This device is not ready: {', '.join(_counts(findings))}; the remedies are above."


def to_json(findings: Sequence[Finding]) -> str:
    """Return all findings as JSON."""
    content = {"ready": is_ready(findings), "findings": [asdict(finding) for finding in findings]}
    return json.dumps(content, indent=2)


def _counts(findings: Sequence[Finding]) -> Iterator[str]:
    for state in State:
        count = sum(finding.state is state for finding in findings)
        if count:
            yield f"{count} {state}"
