"""Loads the configuration: one TOML file, overridden by `ISHARA_…` variables and, in development, a `.env`.

A variable is named by section and key: `ISHARA_DEVICE`, `ISHARA_MQTT_HOST`, `ISHARA_CAMERA_SOURCE`.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from edge.config.edge_config import EdgeConfig
from edge.config.explanation import PREFIX, explain, key_path
from edge.config.platform_variables import is_injected
from edge.config.section import ConfigInvalid
from edge.config.text_file import read_text_file, read_toml_file
from landmarkers.parsing import describe
from landmarkers.task_bundles import FOLDER_VARIABLE

log = logging.getLogger(__name__)


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
    return validate_config({} if path is None else _read_toml(path), path, environment, dotenv)


def validate_config(
    content: dict[str, Any], path: Path | None, environment: Mapping[str, str], dotenv: Path | None = None
) -> EdgeConfig:
    """Return the configuration that a file would hold with this content. Raises ConfigInvalid, which names the file."""
    own, of_dotenv = _own_variables(environment), {} if dotenv is None else _read_dotenv(dotenv)
    variables = of_dotenv | own
    content = dict(content)
    _override(content, variables)
    try:
        return EdgeConfig.model_validate(content, context=dict(environment))
    except ValidationError as error:
        places = {name: "" if name in own else f" of {dotenv}" for name in variables}
        raise ConfigInvalid(explain(error, path, places)) from error


def find_overrides(environment: Mapping[str, str], dotenv: Path | None = None) -> dict[str, str]:
    """Return the variable that decides each overridden key, such as `mqtt.host`. Raises ConfigInvalid."""
    own, of_dotenv = _own_variables(environment), {} if dotenv is None else _read_dotenv(dotenv)
    return {".".join(key_path(name)): name for name in (*of_dotenv, *own)}


def _own_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of this program; those that a platform injects are logged."""
    named = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    injected = sorted(name for name, value in named.items() if is_injected(name, value))
    if injected:
        log.info("variables that the platform sets are ignored: %s", ", ".join(injected))
    return {name: value for name, value in named.items() if name not in (*injected, FOLDER_VARIABLE)}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return read_toml_file(path)
    except OSError as error:
        raise ConfigInvalid(f"the configuration {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigInvalid(f"the configuration {path} is not TOML: {describe(error)}") from error


def _read_dotenv(path: Path) -> dict[str, str]:
    """Return the `ISHARA_…` variables of a file; none if there is no such file."""
    try:
        if path.is_file():
            read_text_file(path)
        source = DotEnvSettingsSource(_Variables, env_file=path, env_file_encoding="utf-8-sig", case_sensitive=True)
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}") from error
    return _own_variables({name: value for name, value in source.env_vars.items() if value is not None})


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
