"""Says in one sentence what is wrong with a configuration, and where that was written."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edge.config.edge_config import DEVICE_NAME, EdgeConfig
from edge.day_hours import HOURS
from edge.redaction import show_value
from landmarkers.plain_text import one_line

PREFIX: Final = "ISHARA_"

_WHOLE: Final = "it must be a whole number"
_NUMBER: Final = "it must be a number"
_TRUTH: Final = "it must be true or false"
_REASONS: Final = {
    "missing": "it is required",
    "string_type": "it must be a text in quotation marks",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
}
"""Pydantic's types of errors in the words of people who write TOML."""
_FORMS: Final = {
    DEVICE_NAME: (
        "it must be at most 63 letters (a to z), digits, hyphens and underscores, and begin with a letter or a digit, "
        "such as hall-2"
    ),
    HOURS: "it must be two times such as 22:00-06:00",
}
"""The patterns of keys in words."""

KeyPath = tuple[str, ...]
"""A key of the configuration, with its section if it has one."""


def explain(error: ValidationError, path: Path | None, variables: Mapping[str, str]) -> str:
    """Return one sentence about one error; an unknown name comes first, since others may follow from it.

    `path` is the file of the configuration, if there is one. `variables` maps the name of each variable that was used
    to where it was set, which is empty for the environment.
    """
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    location = tuple(str(step) for step in first["loc"])
    key = one_line(".".join(location))
    # A key that is missing was asked for by the others of its section.
    where = _where(location[:-1] if first["type"] == "missing" else location, path, variables)
    if first["type"] == "extra_forbidden":
        return f"{where} is wrong: there is no key {key}{_hint(key, is_variable=where.startswith('the variable'))}"
    return f"{where} is wrong: {key}: {_reason(first)}{show_value(first['input'])}"


def _reason(error: ErrorDetails) -> str:
    if error["type"] == "string_pattern_mismatch":
        return _FORMS.get(error.get("ctx", {}).get("pattern", ""), error["msg"])
    return _REASONS.get(error["type"]) or error["msg"].removeprefix("Value error, ")


def _where(location: KeyPath, path: Path | None, variables: Mapping[str, str]) -> str:
    """Return the variable that set a key, or the file with the variables that set a part of it."""
    for name, place in variables.items():
        key = key_path(name)
        if key == location[: len(key)]:
            return f"the variable {one_line(name)}{place}"
    file = "the configuration" if path is None else f"the configuration {path}"
    parts = [
        f"{one_line(name)}{place}" for name, place in variables.items() if key_path(name)[: len(location)] == location
    ]
    if not parts:
        return file
    return f"{file} with the variable{'s' if len(parts) > 1 else ''} {', '.join(parts)}"


def _hint(key: str, *, is_variable: bool) -> str:
    """Return which key was perhaps meant."""
    keys = {".".join(one): one for one in _all_keys()}
    meant = next(iter(get_close_matches(key, keys, n=1)), None)
    if meant is None:
        return ""
    return f"; perhaps {PREFIX + '_'.join(keys[meant]).upper() if is_variable else meant} is meant"


def key_path(variable: str) -> KeyPath:
    """Return the key that a variable sets."""
    name = variable.removeprefix(PREFIX).lower()
    section, _, key = name.partition("_")
    return (section, key) if key and section in EdgeConfig.model_fields else (name,)


def _all_keys() -> Iterator[KeyPath]:
    for name, field in EdgeConfig.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        section = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        yield from [(name,)] if section is None else [(name, key) for key in section.model_fields]
