"""A device's configuration, made from its template and held against the daemon's own rules before it travels."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError, Undefined

from deploy.inventory import HostEntry, InventoryInvalid, Value
from edge.config import ConfigInvalid, EdgeConfig, load_config


@dataclass(frozen=True, slots=True)
class Configuration:
    """A device's edge.toml, and what the daemon reads from it."""

    text: str
    content: EdgeConfig


def configuration(entry: HostEntry) -> Configuration:
    """What the device's template makes. Raises InventoryInvalid for a template or a text that cannot be used."""
    if entry.config is None:
        raise InventoryInvalid(f"hosts.{entry.host} has no config, and [defaults] names none")
    try:
        template = entry.config.read_text(encoding="utf-8")
    except OSError as error:
        raise InventoryInvalid(f"hosts.{entry.host}: {entry.config} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InventoryInvalid(f"hosts.{entry.host}: {entry.config} is not UTF-8") from error
    # The text is TOML and not HTML: values are written as TOML by `_as_toml`, and nothing else is escaped.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, finalize=_as_toml)  # noqa: S701
    try:
        text = environment.from_string(template).render(entry.values | {"device": entry.name})
    except TemplateError as error:
        raise InventoryInvalid(f"hosts.{entry.host}: {entry.config}: {error}") from error
    found = _checked(entry, text)
    if found.device != entry.name:
        raise InventoryInvalid(
            f"hosts.{entry.host}: {entry.config} calls the device {found.device}, not {entry.name}; "
            "write device = {{ device }} there"
        )
    return Configuration(text, found)


def _checked(entry: HostEntry, text: str) -> EdgeConfig:
    """What the daemon would read. Credentials are files of the device's, and not looked for here."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edge.toml"
        path.write_text(text, encoding="utf-8")
        try:
            return load_config(path, {})
        except ConfigInvalid as error:
            sentence = str(error).replace(str(path), str(entry.config))
            raise InventoryInvalid(f"hosts.{entry.host}: {sentence}") from error


def _as_toml(value: Value | Undefined) -> str:
    """A value as TOML: a string of JSON is one of TOML, too. Raises UndefinedError for a name without a value."""
    if isinstance(value, Undefined):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
