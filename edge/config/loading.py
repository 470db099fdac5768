"""Loads the configuration: one TOML file, overridden by `ISHARA_…` variables and, in development, a `.env`.

A variable is named by section and key: `ISHARA_DEVICE`, `ISHARA_MQTT_HOST`, `ISHARA_CAMERA_SOURCE`.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from edge.config.edge_config import EdgeConfig
from edge.config.section import ConfigInvalid
from edge.config.source_name import show_value
from edge.config.text_file import NotUtf8, read_text_file
from landmarkers.task_bundles import FOLDER_VARIABLE

PREFIX: Final = "ISHARA_"


class _Variables(BaseSettings, EdgeConfig):
    """Names the variables of the configuration's keys; only its source is used, the values are validated by EdgeConfig.

    Values stay text: a list is split by its own validator, and is no JSON.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        enable_decoding=False,
        dotenv_filtering="match_prefix",  # keeps unknown variables, so that they are refused
    )


def load_config(path: Path | None, environment: Mapping[str, str], dotenv: Path | None = None) -> EdgeConfig:
    """Load the configuration from a file, a `.env` and the environment, later ones winning. Raises ConfigInvalid."""
    content = {} if path is None else _read_toml(path)
    variables = {} if dotenv is None else _read_dotenv(dotenv)
    variables |= {key: value for key, value in environment.items() if key.startswith(PREFIX)}
    variables.pop(FOLDER_VARIABLE, None)
    _override(content, variables)
    try:
        return EdgeConfig.model_validate(content, context=dict(environment))
    except ValidationError as error:
        raise ConfigInvalid(_explain(error, path, variables)) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text_file(path))
    except OSError as error:
        raise ConfigInvalid(f"the configuration {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, NotUtf8) as error:
        raise ConfigInvalid(f"the configuration {path} is not TOML: {error}") from error


def _read_dotenv(path: Path) -> dict[str, str]:
    """Return the `ISHARA_…` variables of a file; none if there is no such file."""
    try:
        if path.is_file():
            read_text_file(path)
        source = DotEnvSettingsSource(_Variables, env_file=path, env_file_encoding="utf-8-sig", case_sensitive=True)
    except (OSError, NotUtf8) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}") from error
    return {key: value for key, value in source.env_vars.items() if value is not None and key.startswith(PREFIX)}


def _override(content: dict[str, Any], variables: Mapping[str, str]) -> None:
    """Replace keys by the values of variables; an unknown name is added as it is, to be refused as unknown."""
    source = DotEnvSettingsSource(_Variables, env_file=None)
    source.env_vars = {key.lower(): value for key, value in variables.items()}
    for name, value in source().items():
        section = content.get(name)
        if isinstance(section, dict) and isinstance(value, dict):
            content[name] = section | value
        elif section is None or not isinstance(value, dict):
            content[name] = value


def _explain(error: ValidationError, path: Path | None, variables: Mapping[str, str]) -> str:
    """Return one sentence about one error; an unknown name comes first, since others may follow from it."""
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    key = ".".join(str(step) for step in first["loc"])
    variable = PREFIX + key.replace(".", "_").upper()
    where = f"the variable {variable}" if variable in variables else "the configuration" + (f" {path}" if path else "")
    if first["type"] == "extra_forbidden":
        return f"{where} is wrong: there is no key {key}"
    return f"{where} is wrong: {key}: {first['msg'].removeprefix('Value error, ')}{show_value(first['input'])}"
