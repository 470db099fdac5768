"""The difference of two texts of settings, in which no password of a camera's address is shown."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import JsonValue

from edge.redaction import redact_source
from edge.settings.report import Change, ChangeReport

_STRING: Final = re.compile(r"""(["'])((?:(?!\1)[^\\]|\\.)*)\1""")
_ADDRESS: Final = re.compile(r"\S*(://|@).*")
_HIDDEN: Final = "***"


def compare(before: str, after: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> ChangeReport:
    """Return the difference of two texts in the unified format, and the keys that differ in what they mean."""
    return ChangeReport(difference=unified(before, after), changes=tuple(find_changes(old, new)))


def unified(before: str, after: str) -> str:
    """Return the lines that differ, below the line numbers and the section in which they stand."""
    old, new = before.splitlines(), after.splitlines()
    # Without lines around: whatever remarks may say, they are not part of the change.
    lines = list(difflib.unified_diff(old, new, "before", "after", lineterm="", n=0))
    return "".join(f"{_with_section(line, old) if line.startswith('@@') else _redact(line)}\n" for line in lines)


def find_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the keys that differ, in the order of the texts."""
    before, after = dict(_flatten(old)), dict(_flatten(new))
    for key in [*before, *(key for key in after if key not in before)]:
        if before.get(key) != after.get(key):
            yield Change(key=key, old=show(before.get(key)), new=show(after.get(key)))


def show(value: JsonValue) -> JsonValue:
    """Return a value as it may be shown: of an address of a camera scheme, host and port."""
    return redact_source(value) if isinstance(value, str) else value


def _flatten(content: Mapping[str, Any]) -> Iterator[tuple[str, JsonValue]]:
    for name, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from ((f"{name}.{key}", one) for key, one in _flatten(value))
        else:
            yield name, value if isinstance(value, str | bool | int | float) else str(value)


def _with_section(header: str, old: list[str]) -> str:
    """Add the section to the header of a difference, as `diff -p` adds the function."""
    number = int(header.split()[1].lstrip("-").partition(",")[0])
    sections = [line.strip() for line in old[:number] if line.startswith("[")]
    return f"{header} {sections[-1]}" if sections else header


def _redact(line: str) -> str:
    """Hide what an address holds beside scheme, host and port, in texts and in remarks."""
    parts, end = [], 0
    for found in _STRING.finditer(line):
        parts += [_hide(line[end : found.start()]), f"{found[1]}{redact_source(found[2])}{found[1]}"]
        end = found.end()
    return "".join([*parts, _hide(line[end:])])


def _hide(remark: str) -> str:
    return _ADDRESS.sub(_HIDDEN, remark)
