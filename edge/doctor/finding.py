"""What the doctor finds, and how it is told to people and programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

_STATE_WIDTH, _CHECK_WIDTH = 9, 19


class State(StrEnum):
    """How one check ended. What is neither configured nor there to be looked at is left out."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    LEFT_OUT = "left out"


# Green, yellow, red and grey, as terminals know them.
_COLOURS = {State.OK: "\x1b[32m", State.WARNING: "\x1b[33m", State.FAILED: "\x1b[31m", State.LEFT_OUT: "\x1b[90m"}
_NO_COLOUR = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's end: a plain sentence, and what to do where something is to be done."""

    check: str
    state: State
    sentence: str
    remedy: str = ""


def is_ready(findings: Iterable[Finding]) -> bool:
    """Whether nothing failed."""
    return all(finding.state is not State.FAILED for finding in findings)


def format_row(finding: Finding, *, coloured: bool = False) -> str:
    """One finding as a row of the table for people, with the remedy below it; `coloured` for a terminal."""
    state = f"{finding.state:{_STATE_WIDTH}}"
    if coloured:
        state = f"{_COLOURS[finding.state]}{state}{_NO_COLOUR}"
    row = f"{state}{finding.check:{_CHECK_WIDTH}}{finding.sentence}"
    return row + (f"\n{'':{_STATE_WIDTH + _CHECK_WIDTH}}to do: {finding.remedy}" if finding.remedy else "")


def format_summary(findings: Sequence[Finding]) -> str:
    """The last line of the table."""
    if is_ready(findings):
        return f"This device is ready: {', '.join(_counts(findings))}."
    return f"This device is not ready: {', '.join(_counts(findings))}; see what is to do above."


def to_json(findings: Sequence[Finding]) -> str:
    """All findings for programs."""
    content = {"ready": is_ready(findings), "findings": [asdict(finding) for finding in findings]}
    return json.dumps(content, indent=2)


def _counts(findings: Sequence[Finding]) -> Iterator[str]:
    for state in State:
        count = sum(finding.state is state for finding in findings)
        if count:
            yield f"{count} {state}"
