"""The daemon's configuration: one TOML file, overridden by `ISHARA_…` variables and, in development, a `.env`.

A variable is named by section and key: `ISHARA_DEVICE`, `ISHARA_MQTT_HOST`, `ISHARA_CAMERA_SOURCE`.
"""

import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from edge.sinks.captions.style import CaptionStyle
from landmarkers.errors import UserError
from landmarkers.task_bundles import FOLDER_VARIABLE
from models.strict_model import StrictModel

PREFIX: Final = "ISHARA_"
_ROUNDING: Final = 1e-6
PLAIN_PORT: Final = 1883
TLS_PORT: Final = 8883
CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"
_LEAST_TOKEN: Final = 16
SHIPPED_MODEL: Final = Path(__file__).parent.parent / "models" / "karsl-190"

_HOURS: Final = "^$|^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$"


class ConfigInvalid(UserError):
    """A configuration that cannot be used; the message names the key and says why."""


def _find_credential(path: Path, info: ValidationInfo) -> Path:
    """A relative path is looked for where systemd puts the unit's credentials (LoadCredential=) before anywhere else.

    https://systemd.io/CREDENTIALS/
    """
    folder = (info.context or {}).get(CREDENTIALS_VARIABLE)
    given = Path(folder) / path if folder else path
    return given if given.is_file() else path


CredentialFile = Annotated[Path, AfterValidator(_find_credential)]


def _read_secret(key: str, path: Path) -> str:
    """What a file holds that a key names. Raises ConfigInvalid when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigInvalid(f"{key} {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigInvalid(f"{key} {path} is not UTF-8") from error


class CameraConfig(StrictModel):
    """Where frames come from, and how its pictures are to be taken.

    Size and rate are asked of a camera on this device and are its own without them; a network stream and a clip come as
    they were made. Every picture is turned clockwise, then mirrored, then cut to the region, in shares of what is seen
    then. `mirror` is for cameras that deliver mirrored pictures, as some do for video calls: the recogniser tells the
    left hand from the right, so that mirroring a right picture spoils it.
    """

    source: str = "/dev/video0"
    width_px: Annotated[int, Field(ge=160, le=3840, multiple_of=2)] | None = None
    height_px: Annotated[int, Field(ge=120, le=2160, multiple_of=2)] | None = None
    frames_per_s: Annotated[int, Field(ge=5, le=120)] | None = None
    rotation_degrees: Annotated[int, Field(ge=0, le=270, multiple_of=90)] = 0
    mirror: bool = False
    region_left: Annotated[float, Field(ge=0.0, le=0.9)] = 0.0
    region_top: Annotated[float, Field(ge=0.0, le=0.9)] = 0.0
    region_width: Annotated[float, Field(ge=0.1, le=1.0)] = 1.0
    region_height: Annotated[float, Field(ge=0.1, le=1.0)] = 1.0

    @property
    def size_px(self) -> tuple[int, int] | None:
        """Width and height to ask for; None for the camera's own."""
        return None if self.width_px is None or self.height_px is None else (self.width_px, self.height_px)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.width_px is None) != (self.height_px is None):
            raise ValueError("width_px and height_px are given together or not at all")
        for start, length in (("region_left", "region_width"), ("region_top", "region_height")):
            if getattr(self, start) + getattr(self, length) > 1.0 + _ROUNDING:
                raise ValueError(f"{start} and {length} together are more than the whole picture, 1.0")
        return self


class RateConfig(StrictModel):
    """How many frames of a live camera are looked at while nobody signs and while the processor is hot."""

    idle_after_s: Annotated[float, Field(ge=0.5, le=60.0)] = 2.0
    idle_stride_s: Annotated[float, Field(ge=0.0, le=1.0)] = 0.15
    hot_at_c: Annotated[float, Field(ge=40.0, le=110.0)] = 75.0
    measure_every_s: Annotated[float, Field(ge=1.0, le=60.0)] = 5.0


class ModelConfig(StrictModel):
    """Which bundle reads the signs, and how sure it must be; without a threshold the bundle's own holds.

    A `folder` goes before what is installed in the `store`, which lies in the state folder unless it is named. With
    `trusted_keys`, a folder of `*.pub` files, the store's bundles must be signed by one of them; the shipped bundle is
    trusted as this program is.

    A model that was activated in the store is on probation for `probation_s`: it must let the daemon run, say what is
    not absurd, and take no more than `budget_ms` of the processor for a reading, but for one in twenty. While somebody
    signs the spotter has up to five pieces read every 0.15 s, which is then one whole core.
    """

    folder: Path | None = None
    store: Path | None = None
    trusted_keys: Path | None = None
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    probation_s: Annotated[float, Field(ge=1.0, le=86_400.0)] = 600.0
    budget_ms: Annotated[float, Field(ge=1.0, le=10_000.0)] = 30.0


class MqttConfig(StrictModel):
    """The broker; without this section nothing is published.

    With `tls` the broker's certificate is held against `ca_file` or, without one, against the system's authorities.
    MQTT 5 is spoken unless the broker turns out to know only 3.1.1, which can also be said (`protocol`).
    Words that the broker has not taken wait in the file `outbox`, at most so many; without a name it lies in the
    service's state folder. `discovery` tells Home Assistant about the device.
    """

    host: Annotated[str, StringConstraints(min_length=1)]
    tls: bool = False
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default_factory=lambda earlier: TLS_PORT if earlier.get("tls") else PLAIN_PORT
    )
    ca_file: CredentialFile | None = None
    certificate_file: CredentialFile | None = None
    key_file: CredentialFile | None = None
    username: str | None = None
    password_file: CredentialFile | None = None
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30
    outbox: Path | None = None
    outbox_words: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    discovery: bool = True
    discovery_prefix: Annotated[str, StringConstraints(pattern=r"^[^#+/\s]+(/[^#+/\s]+)*$")] = "homeassistant"

    @model_validator(mode="after")
    def _keys_belong_together(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs a username")
        if not self.tls and (self.ca_file or self.certificate_file or self.key_file):
            raise ValueError("ca_file, certificate_file and key_file need tls = true")
        if self.key_file is not None and self.certificate_file is None:
            raise ValueError("key_file needs a certificate_file")
        return self

    def read_password(self) -> str | None:
        """The password, from its file. Raises ConfigInvalid when the file cannot be read."""
        return None if self.password_file is None else _read_secret("mqtt.password_file", self.password_file)


class CaptionsConfig(StrictModel):
    """The captions on the device's own screen; without this section there are none.

    The newest word fades `fade_after_s` after it was said, those before it after `line_s`. A word of at least the
    confidence `confident_from` is bold. `night` is the hours in which colours are darker, by the device's own clock.
    `screen` is the number of the screen, from 0.
    """

    theme: Literal["dark", "light", "contrast"] = "dark"
    typeface: Literal["sans", "naskh"] = "sans"
    english: bool = True
    preview: Literal["off", "skeleton", "picture"] = "skeleton"
    mirrored: bool = True
    preview_per_s: Annotated[float, Field(ge=1.0, le=30.0)] = 10.0
    fade_after_s: Annotated[float, Field(ge=1.0, le=600.0)] = 10.0
    line_s: Annotated[float, Field(ge=1.0, le=3600.0)] = 60.0
    confident_from: Annotated[float, Field(ge=0.0, le=1.0)] = 0.8
    night: Annotated[str, StringConstraints(pattern=_HOURS)] = ""
    night_brightness: Annotated[float, Field(ge=0.2, le=1.0)] = 0.5
    screen: Annotated[int, Field(ge=0, le=15)] = 0

    def style(self) -> CaptionStyle:
        """What the screen's program is told of this."""
        return CaptionStyle(**self.model_dump(exclude={"preview_per_s"}))


class MetricsConfig(StrictModel):
    """Where Prometheus asks for metrics; without this section nobody listens."""

    address: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 9108


def _is_loopback(address: str) -> bool:
    """Whether only programs on this machine reach an address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _parted(value: Any) -> Any:
    """A variable gives a list as one text, with commas."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class WebConfig(StrictModel):
    """The live page for browsers, `http://ADDRESS:PORT/live-signs`; without this section nobody listens.

    An address that others reach as well needs a token, which `token_file` holds. With `certificate_file` the page is
    https://. `view` is the most that a page may show of the camera, `view_per_s` times a second. So many `visitors` at
    a time may try their own camera, which browsers give to https:// and localhost alone. Pages of the `origins` may ask
    for words and connect, too.
    """

    address: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8300
    token_file: CredentialFile | None = None
    certificate_file: CredentialFile | None = None
    key_file: CredentialFile | None = None
    view: Literal["off", "skeleton", "picture"] = "skeleton"
    view_per_s: Annotated[float, Field(ge=1.0, le=30.0)] = 10.0
    visitors: Annotated[int, Field(ge=0, le=64)] = 4
    origins: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")], ...], BeforeValidator(_parted)
    ] = ()

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.token_file is None and not _is_loopback(self.address):
            raise ValueError(f"address {self.address}, which others reach as well, needs a token_file")
        if self.key_file is not None and self.certificate_file is None:
            raise ValueError("key_file needs a certificate_file")
        return self

    @property
    def url(self) -> str:
        """Where the page is."""
        scheme = "http" if self.certificate_file is None else "https"
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{scheme}://{host}:{self.port}/live-signs"

    def read_token(self) -> str | None:
        """The token, from its file. Raises ConfigInvalid when the file cannot be read or its token can be guessed."""
        if self.token_file is None:
            return None
        token = _read_secret("web.token_file", self.token_file)
        if len(token) < _LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            wanted = f"at least {_LEAST_TOKEN} letters and digits, as of `openssl rand -hex 16`"
            raise ConfigInvalid(f"web.token_file {self.token_file} must hold {wanted}")
        return token


class EdgeConfig(StrictModel):
    """The whole configuration; each part of the daemon receives only its own section."""

    device: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")] = "ishara"
    health_every_s: Annotated[float, Field(ge=1.0, le=3600.0)] = 10.0
    camera: CameraConfig = CameraConfig()
    rate: RateConfig = RateConfig()
    model: ModelConfig = ModelConfig()
    mqtt: MqttConfig | None = None
    captions: CaptionsConfig | None = None
    metrics: MetricsConfig | None = None
    web: WebConfig | None = None


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
        return EdgeConfig.model_validate(content, context=dict(environment))
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
