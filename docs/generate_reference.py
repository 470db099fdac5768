"""Writes the references to configuration and commands from the code: `make reference`. A test compares them."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from deploy.arguments import parser as deploy_parser
from edge.arguments import parser as edge_parser
from edge.config import EdgeConfig
from edge.config.source_name import SourceName
from trainer.cli.arguments import parser as trainer_parser

FOLDER: Final = Path(__file__).parent / "reference"
_MADE: Final = "<!-- Made by `make reference`; do not edit. -->\n"
_INTRODUCTION: Final = """
The daemon reads one TOML file (`--config FILE`). A variable overrides each key, named by section and key:
`ISHARA_DEVICE`, `ISHARA_CAMERA_SOURCE`; in development also from a `.env`. Unknown keys are refused.
`ishara-edge config check --config FILE` checks a file, and `deploy/edge.toml` is a commented example.
"""
_EXIT_CODES: Final = """Exit codes: 0 done; 2 the user must act, said in one sentence; 1 anything else
(`ishara-edge doctor`: the device is not ready).
"""
_BOUNDS: Final = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "multiple_of": "multiple of", "min_length": "length ≥"}


def configuration() -> str:
    """Return the page of all configuration keys as Markdown."""
    top = {name: field for name, field in EdgeConfig.model_fields.items() if _section(field) is None}
    pieces = [
        _MADE,
        "# Configuration reference\n",
        _INTRODUCTION,
        "## Top level\n",
        _table(top, ""),
    ]
    for name, field in EdgeConfig.model_fields.items():
        section = _section(field)
        if section is not None:
            pieces += [f"## `[{name}]`\n", _prose(section), _table(section.model_fields, name)]
    return "\n".join(pieces)


def commands() -> str:
    """Return the page of all commands and their options as Markdown."""
    pieces = [_MADE, "# Command reference\n", _EXIT_CODES]
    for parser in (edge_parser(), trainer_parser(), deploy_parser()):
        pieces += [f"## {parser.prog}\n", f"{parser.description or ''}\n"]
        for command in _leaves(parser):
            pieces += [f"### {command.prog}\n", f"{command.description or ''}\n", _options(command)]
    return "\n".join(pieces)


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers that have no commands below them."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    if not below:
        yield parser
    for action in below:
        for choice in action._choices_actions:  # noqa: SLF001
            child = action.choices[choice.dest]
            child.description = child.description or choice.help
            yield from _leaves(child)


def _options(parser: argparse.ArgumentParser) -> str:
    rows = ["| Argument | Meaning |", "| --- | --- |"]
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._HelpAction) or action.help == argparse.SUPPRESS:  # noqa: SLF001
            continue
        names = ", ".join(f"`{name}`" for name in action.option_strings) or f"`{action.metavar or action.dest}`"
        value = "" if action.nargs == 0 or not action.option_strings else f" `{_metavar(action)}`"
        helped = (action.help or "") % {**vars(action), "prog": parser.prog}
        rows.append(f"| {names}{value} | {_cell(helped)} |")
    return "\n".join(rows) + "\n" if len(rows) > 2 else "No arguments.\n"


def _metavar(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    return "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()


def _section(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that is a section of the file."""
    kinds = get_args(field.annotation) or (field.annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _prose(section: type[BaseModel]) -> str:
    return "\n".join(line.strip() for line in (section.__doc__ or "").splitlines()) + "\n"


def _table(fields: dict[str, FieldInfo], section: str) -> str:
    rows = ["| Key | Type | Default | Meaning |", "| --- | --- | --- | --- |"]
    for name, field in fields.items():
        if field.is_required():
            default = "required"
        elif field.default_factory is not None:
            default = "see text"
        else:
            default = "none" if field.default is None else f"`{_value(field.default)}`"
        variable = "ISHARA_" + (f"{section}_" if section else "") + name
        meaning = f"{_cell(field.description or '')} <br>`{variable.upper()}`"
        rows.append(f"| `{name}` | {_type(field.annotation)}{_bounds(field)} | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | SourceName) else str(value)


def _type(kind: Any) -> str:
    """Return a type as a reader of TOML knows it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(f'`"{choice}"`' for choice in inner)
    if origin in (Union, UnionType):
        return _type(next(one for one in inner if one is not type(None)))
    if origin is not None and hasattr(kind, "__metadata__"):
        return _type(inner[0])
    if origin is tuple:
        return f"list of {_type(inner[0])}"
    return {str: "string", int: "integer", float: "number", bool: "boolean", Path: "path"}.get(kind, "string")


def _bounds(field: FieldInfo) -> str:
    metadata = list(field.metadata)
    for kind in get_args(field.annotation):
        for extra in getattr(kind, "__metadata__", ()):
            metadata += getattr(extra, "metadata", [extra])
    found = [
        f"{sign} {getattr(one, key)}"
        for one in metadata
        for key, sign in _BOUNDS.items()
        if getattr(one, key, None) is not None
    ]
    return f" ({', '.join(dict.fromkeys(found))})" if found else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write both pages."""
    for name, content in {"configuration.md": configuration(), "commands.md": commands()}.items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
