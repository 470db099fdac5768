"""The inventory of a fleet: one TOML file with every device, how to reach it and what it gets."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from edge.config.text_file import read_toml_file
from edge.redaction import show_value
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from models.keys import KEY_NAME, PUBLIC_SUFFIX
from models.strict_model import StrictModel

_BASE: Final = "base"
_HOST_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"
# What OpenSSH's and paramiko's own configuration may put into a command (`ProxyCommand`, `Match exec`).
_ADDRESS: Final = r"^[A-Za-z0-9:\[][A-Za-z0-9._:%\]-]{0,252}$"
_USER: Final = r"^[A-Za-z_][A-Za-z0-9._@-]{0,63}$"
# As the unit's LoadCredential= has them.
_CREDENTIAL: Final = r"^(camera-password|mqtt-(password|ca|certificate|key)|web-(token|certificate|key))$"


class InventoryInvalid(UserError):
    """An inventory that cannot be used; the message names the key and says why."""


def _beside_the_inventory(path: Path, info: ValidationInfo) -> Path:
    """Resolve a relative path beside the inventory, and `~` as the home of the user who runs the command."""
    base: Path = (info.context or {}).get(_BASE, Path())
    return base / path.expanduser()


def _called_like_a_key(path: Path) -> Path:
    """Require a name that is one plain word in the commands which bring the key to a device."""
    if path.suffix != PUBLIC_SUFFIX or not re.fullmatch(KEY_NAME, path.stem):
        raise ValueError(f"a key must be called NAME{PUBLIC_SUFFIX}, NAME of Latin letters, digits, '.', '_' and '-'")
    return path


NearbyPath = Annotated[Path, AfterValidator(_beside_the_inventory)]
KeyPath = Annotated[NearbyPath, AfterValidator(_called_like_a_key)]
HostName = Annotated[str, StringConstraints(pattern=_HOST_NAME)]
Value = str | int | float | bool


class AppSection(StrictModel):
    """The program: its wheel, the exact versions and hashes of its dependencies, and a folder with their wheels.

    Where wheel or lock are missing, those of this installation are taken. Without a wheelhouse each device's own pip
    gets the dependencies from its own index. No file of another hash is installed.
    """

    wheel: NearbyPath | None = None
    lock: NearbyPath | None = None
    wheelhouse: NearbyPath | None = None


class HostSection(StrictModel):
    """The settings of one device, or in `[defaults]` those of all devices without a value of their own.

    `config` is the template of the device's configuration: `{{ device }}` and every key of `values` are filled in.
    `name` is the device's name on MQTT, by default the host's. Wave 1 comes before wave 2; canaries come first.
    """

    address: Annotated[str, StringConstraints(pattern=_ADDRESS)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    user: Annotated[str, StringConstraints(pattern=_USER)] | None = None
    ssh_key: NearbyPath | None = None
    name: HostName | None = None
    canary: bool | None = None
    wave: Annotated[int, Field(ge=1, le=1000)] | None = None
    config: NearbyPath | None = None
    values: dict[Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$")], Value] = Field(default_factory=dict)
    credentials: dict[Annotated[str, StringConstraints(pattern=_CREDENTIAL)], NearbyPath] = Field(default_factory=dict)

    def merged_with(self, defaults: "HostSection") -> "HostSection":
        """Return these settings, with the defaults where they are silent; `values` and `credentials` are merged."""
        own = {key: getattr(self, key) for key in self.model_fields_set}
        own["values"] = defaults.values | self.values
        own["credentials"] = defaults.credentials | self.credentials
        return defaults.model_copy(update=own)


class HostEntry(StrictModel):
    """One device with all of its settings."""

    host: str
    address: str
    port: int
    user: str
    ssh_key: Path | None
    name: str
    canary: bool
    wave: int
    config: Path | None
    values: dict[str, Value]
    credentials: dict[str, Path]


class FleetInventory(StrictModel):
    """The whole file. `trusted_keys` are the public keys that devices trust; other keys are removed from them."""

    known_hosts: NearbyPath | None = None
    trusted_keys: tuple[KeyPath, ...] = ()
    app: AppSection = AppSection()
    defaults: HostSection = HostSection()
    hosts: dict[HostName, HostSection]

    @field_validator("trusted_keys")
    @classmethod
    def _every_key_has_a_name_of_its_own(cls, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        """On a device they lie in one folder, where one would replace the other and only one would be trusted."""
        for number, path in enumerate(paths):
            if same := next((one for one in paths[:number] if one.name == path.name), None):
                raise ValueError(f"{same} and {path} have one name, under which a device keeps one key: rename one")
        return paths

    @model_validator(mode="after")
    def _every_host_can_be_reached(self) -> Self:
        if not self.hosts:
            raise ValueError("there is no [hosts.NAME]")
        places = [(entry.address, entry.port) for entry in self.entries()]
        if len(set(places)) < len(places):
            raise ValueError("two hosts have the same address and port")
        names = [entry.name for entry in self.entries()]
        if len(set(names)) < len(names):
            raise ValueError("two hosts have the same device name, so that they cannot be told apart on MQTT")
        return self

    def entries(self) -> list[HostEntry]:
        """Return every device with the defaults filled in."""
        return [_entry(host, section.merged_with(self.defaults)) for host, section in self.hosts.items()]

    def chosen(self, only: tuple[str, ...]) -> list[HostEntry]:
        """Return the devices of these names, or all. Raises InventoryInvalid for an unknown name."""
        for host in only:
            if host not in self.hosts:
                raise InventoryInvalid(f"the inventory has no host {host}; it has {', '.join(self.hosts)}")
        return [entry for entry in self.entries() if not only or entry.host in only]


def waves(entries: list[HostEntry]) -> list[list[HostEntry]]:
    """Return the devices in the order of a rollout: all canaries together, then wave after wave."""
    stages: dict[int, list[HostEntry]] = {}
    for entry in entries:
        stages.setdefault(0 if entry.canary else entry.wave, []).append(entry)
    return [stages[number] for number in sorted(stages)]


def load_inventory(path: Path) -> FleetInventory:
    """Read an inventory. Raises InventoryInvalid."""
    try:
        content = read_toml_file(path)
    except FileNotFoundError as error:
        raise InventoryInvalid(
            f"there is no inventory {path}; `ishara-deploy provision [USER@]HOST` makes one, "
            "and --inventory names another"
        ) from error
    except OSError as error:
        raise InventoryInvalid(f"the inventory {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InventoryInvalid(f"the inventory {path} is not TOML: {describe(error)}") from error
    return read_sections(content, path)


def read_sections(content: dict[str, Any], path: Path) -> FleetInventory:
    """Return the inventory of a parsed file; relative paths are resolved beside it. Raises InventoryInvalid."""
    base = path.absolute().parent if path.name else Path()
    try:
        return FleetInventory.model_validate(content, context={_BASE: base})
    except ValidationError as error:
        raise InventoryInvalid(f"the inventory {path} is wrong: {_explain(error)}") from error


def _entry(host: str, section: HostSection) -> HostEntry:
    if section.user is None:
        raise ValueError(f"hosts.{host} has no user, and [defaults] names none")
    fields: dict[str, Any] = section.model_dump()
    fields |= {
        "host": host,
        "address": section.address or host,
        "port": section.port or 22,
        "name": section.name or host,
        "canary": bool(section.canary),
        "wave": section.wave or 1,
    }
    return HostEntry.model_validate(fields)


def _explain(error: ValidationError) -> str:
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    key = ".".join(str(step) for step in first["loc"] if step != "[key]")
    if first["type"] == "extra_forbidden":
        return f"there is no key {key}"
    if first["type"] == "missing":
        return f"{key} is missing"
    sentence = first["msg"].removeprefix("Value error, ")
    given = show_value(first["input"])
    return f"{key}: {sentence}{given}" if key else sentence
