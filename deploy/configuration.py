"""A device's configuration: rendered from its template and validated by the daemon's own rules before it is sent."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError, Undefined

from deploy.inventory import HostEntry, InventoryInvalid, Value
from edge.config import ConfigInvalid, EdgeConfig
from edge.config.loading import load_config
from edge.config.text_file import read_text_file


@dataclass(frozen=True, slots=True)
class Configuration:
    """The text of a device's edge.toml, and its content as the daemon reads it."""

    text: str
    content: EdgeConfig


def configuration(entry: HostEntry, path: Path) -> Configuration:
    """Render the device's template. Raises InventoryInvalid for a template or a text that cannot be used."""
    try:
        template = read_text_file(path)
    except OSError as error:
        raise InventoryInvalid(f"hosts.{entry.host}: {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InventoryInvalid(f"hosts.{entry.host}: {path} cannot be read: {error}") from error
    # The text is TOML and not HTML: `_as_toml` writes values as TOML, and nothing else is escaped.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, finalize=_as_toml)  # noqa: S701
    try:
        text = environment.from_string(template).render(entry.values | {"device": entry.name})
    except TemplateError as error:
        raise InventoryInvalid(f"hosts.{entry.host}: {path}: {error}") from error
    content = _validated(entry, path, text)
    if content.device != entry.name:
        raise InventoryInvalid(
            f"hosts.{entry.host}: {path} names the device {content.device}, not {entry.name}; "
            "write device = {{ device }} there"
        )
    return Configuration(text, content)


def _validated(entry: HostEntry, template: Path, text: str) -> EdgeConfig:
    """Return what the daemon would read. Credentials are files of the device and are not looked up here."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edge.toml"
        path.write_text(text, encoding="utf-8")
        try:
            return load_config(path, {})
        except ConfigInvalid as error:
            sentence = str(error).replace(str(path), str(template))
            raise InventoryInvalid(f"hosts.{entry.host}: {sentence}") from error


def _as_toml(value: Value | Undefined) -> str:
    """Return a value as TOML: a JSON string is a TOML string, too. Raises UndefinedError for a name without a value."""
    if isinstance(value, Undefined):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
