"""Changes keys of a TOML text; its comments, its order and everything else stay as they are."""

import copy
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from edge.config.text_file import read_toml
from edge.requests.settings import Value

Changes = Mapping[str, Value | None]
"""The new values by key, such as `mqtt.host`; None removes a key or a whole section."""

_UNEDITABLE: Final = "it is written in a way that no program can change; change it by hand"


def edit(text: str, changes: Changes) -> str:
    """Return the text with other values.

    Raises ValueError, whose message continues a sentence about the text, where it is no TOML or where the result would
    not say what was asked for.
    """
    before = read_toml(text)
    try:
        for section in [key for key, value in changes.items() if value is None and "." not in key]:
            text = _remove_section(text, section)
        document = tomlkit.parse(text)
        for key, value in changes.items():
            _change(document, key, value)
        edited = tomlkit.dumps(document)
        after = tomllib.loads(edited)
    # TOML can spell a table in ways that cannot take another key, as a dotted one in the midst of others.
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, RecursionError) as error:
        raise ValueError(_UNEDITABLE) from error
    if after != _expected(before, changes):
        raise ValueError(_UNEDITABLE)
    return edited


def _remove_section(text: str, section: str) -> str:
    """Return the text without a section, with the remarks below it, which are those of what follows.

    TOMLKit would remove these too. A section whose lines cannot be distinguished from others is left to it.
    """
    lines = text.splitlines(keepends=True)
    headers = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    begin = next((number for number in headers if re.match(rf"[ \t]*\[[ \t]*{section}[ \t]*\]", lines[number])), None)
    if begin is None:
        return text
    end = next((number for number in headers if number > begin), len(lines))
    last = max(number for number in range(begin, end) if not _is_remark(lines[number]))
    removed = "".join([*lines[:begin], *lines[last + 1 :]])
    try:
        is_removed = tomllib.loads(removed) == {k: v for k, v in tomllib.loads(text).items() if k != section}
    except tomllib.TOMLDecodeError:
        return text
    return removed if is_removed else text


def _is_remark(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _change(content: Any, key: str, value: Value | None) -> None:
    """Set or remove a key of a document, or of anything else that has sections."""
    section, _, name = key.rpartition(".")
    if section and section not in content:
        if value is None:
            return
        content[section] = {}
    table = content[section] if section else content
    if value is not None:
        table[name] = value
    elif name in table:
        del table[name]


def _expected(content: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """Return the content as it must be after the changes."""
    expected = copy.deepcopy(content)
    for key, value in changes.items():
        _change(expected, key, value)
    return expected
