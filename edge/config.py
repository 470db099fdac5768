"""The daemon's configuration: one TOML file, overridden by `ISHARA_…` variables and, in development, a `.env`.

A variable is named by section and key: `ISHARA_DEVICE`, `ISHARA_MQTT_HOST`, `ISHARA_CAMERA_SOURCE`.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

from dotenv import dotenv_values
from pydantic import Field, StringConstraints, ValidationError, model_validator

from landmarkers.networks import FOLDER_VARIABLE
from models.section import Section

PREFIX: Final = "ISHARA_"
SHIPPED_MODEL: Final = Path(__file__).parent.parent / "models" / "karsl-190"


class ConfigInvalid(Exception):
    """A configuration that cannot be used; the message names the key and says why."""


class CameraConfig(Section):
    """Where frames come from."""

    source: str = "/dev/video0"


class RateConfig(Section):
    """How many frames of a live camera are looked at while nobody signs and while the processor is hot."""

    idle_after_s: Annotated[float, Field(ge=0.5, le=60.0)] = 2.0
    idle_look_every_s: Annotated[float, Field(ge=0.0, le=1.0)] = 0.15
    hot_at_c: Annotated[float, Field(ge=40.0, le=110.0)] = 75.0
    measure_every_s: Annotated[float, Field(ge=1.0, le=60.0)] = 5.0


class ModelConfig(Section):
    """Which bundle reads the signs, and how sure it must be; without a threshold the bundle's own holds."""

    folder: Path = SHIPPED_MODEL
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] | None = None


class MqttConfig(Section):
    """The broker; without this section nothing is published."""

    host: Annotated[str, StringConstraints(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str | None = None
    password_file: Path | None = None
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30

    @model_validator(mode="after")
    def _password_has_a_user(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs a username")
        return self

    def read_password(self) -> str | None:
        """The password, from its file. Raises ConfigInvalid when the file cannot be read."""
        if self.password_file is None:
            return None
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigInvalid(f"mqtt.password_file {self.password_file} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigInvalid(f"mqtt.password_file {self.password_file} is not UTF-8") from error


class MetricsConfig(Section):
    """Where Prometheus asks for metrics; without this section nobody listens."""

    address: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 9108


class EdgeConfig(Section):
    """The whole configuration; each part of the daemon receives only its own section."""

    device: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")] = "ishara"
    health_every_s: Annotated[float, Field(ge=1.0, le=3600.0)] = 10.0
    camera: CameraConfig = CameraConfig()
    rate: RateConfig = RateConfig()
    model: ModelConfig = ModelConfig()
    mqtt: MqttConfig | None = None
    metrics: MetricsConfig | None = None


def load_config(path: Path | None, environment: Mapping[str, str], dotenv: Path | None = None) -> EdgeConfig:
    """The configuration of a file, a `.env` and the environment, later ones winning. Raises ConfigInvalid."""
    content = {} if path is None else _read_toml(path)
    variables = {key: value for key, value in environment.items() if key.startswith(PREFIX)}
    if dotenv is not None and dotenv.is_file():
        try:
            written = {key: value for key, value in dotenv_values(dotenv).items() if value is not None}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigInvalid(f"{dotenv} cannot be read: {error}") from error
        variables = {key: value for key, value in written.items() if key.startswith(PREFIX)} | variables
    variables.pop(FOLDER_VARIABLE, None)
    for key, value in variables.items():
        _override(content, key, value)
    try:
        return EdgeConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigInvalid(_explain(error, path, variables)) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid(f"the configuration {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"the configuration {path} is not TOML: {error}") from error


def _override(content: dict[str, Any], variable: str, value: str) -> None:
    """Put a variable's value where its name says; an unknown name goes in as it is, to be refused as unknown."""
    name = variable.removeprefix(PREFIX).lower()
    if name in EdgeConfig.model_fields:
        content[name] = value
        return
    section, _, key = name.partition("_")
    there = content.setdefault(section, {})
    if isinstance(there, dict):
        there[key] = value


def _explain(error: ValidationError, path: Path | None, variables: Mapping[str, str]) -> str:
    """One sentence about one error; a name that does not exist comes first, since others may follow from it."""
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    key = ".".join(str(step) for step in first["loc"])
    variable = PREFIX + key.replace(".", "_").upper()
    where = f"the variable {variable}" if variable in variables else "the configuration" + (f" {path}" if path else "")
    if first["type"] == "extra_forbidden":
        return f"{where} is wrong: there is no key {key}"
    given = "" if isinstance(first["input"], dict) else f", not {first['input']!r}"
    return f"{where} is wrong: {key}: {first['msg'].removeprefix('Value error, ')}{given}"
