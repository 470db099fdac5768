"""Everything that a device must have by the inventory: packages, program, keys, configuration, secrets and the unit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy import release as releases
from deploy.configuration import configuration
from deploy.inventory import FleetInventory, HostEntry, InventoryInvalid
from deploy.release import Release
from edge.config import EdgeConfig
from landmarkers.task_bundles import default_folder, missing_tasks
from models.keys import KeyUnusable, PublicKey

_HERE: Final = Path(__file__).parent
UNIT: Final = "ishara-edge.service"
_SERVICE_PACKAGES: Final = ("python3-systemd", "python3-venv")
KEYS: Final = "/etc/ishara/keys"
OWNER_ONLY: Final = "600"


@dataclass(frozen=True, slots=True)
class Content:
    """A file with the content and mode that it must have on the device."""

    path: str
    content: bytes
    mode: str = "644"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one device must have."""

    packages: tuple[str, ...]
    release: Release
    config: Content
    keys: tuple[Content, ...]
    credentials: tuple[Content, ...]
    unit: Content


def plan(inventory: FleetInventory, entry: HostEntry) -> Plan:
    """Return what the device must have by the inventory. Raises InventoryInvalid, ArtifactUnusable."""
    if inventory.app is None:
        raise InventoryInvalid("the inventory has no [app] with the program's wheel")
    if missing_tasks(default_folder()):
        raise InventoryInvalid(
            f"the landmark networks are not in {default_folder()}; run `ishara-landmarkers` here first"
        )
    rendered = configuration(entry)
    _require_matching_keys(inventory, entry, rendered.content)
    packages = _SERVICE_PACKAGES + tuple((_HERE / "debian-packages.txt").read_text().split())
    if rendered.content.captions is not None:
        packages += tuple((_HERE / "debian-packages-screen.txt").read_text().split())
    if rendered.content.speech is not None:
        packages += tuple((_HERE / "debian-packages-speech.txt").read_text().split())
    return Plan(
        packages=packages,
        release=releases.open_release(inventory.app),
        config=Content("/etc/ishara/edge.toml", rendered.text.encode()),
        keys=tuple(Content(f"{KEYS}/{path.name}", _read(path)) for path in inventory.trusted_keys),
        credentials=tuple(
            Content(f"/etc/credstore/ishara.{name}", _read(path), OWNER_ONLY)
            for name, path in entry.credentials.items()
        ),
        unit=Content(f"/etc/systemd/system/{UNIT}", (_HERE / UNIT).read_bytes()),
    )


def _require_matching_keys(inventory: FleetInventory, entry: HostEntry, config: EdgeConfig) -> None:
    """Require that a device has trusted keys if, and only if, its configuration demands signatures."""
    for path in inventory.trusted_keys:
        try:
            PublicKey.read(path)
        except KeyUnusable as error:
            raise InventoryInvalid(f"trusted_keys: {error}") from error
    demanded = config.model.trusted_keys
    if inventory.trusted_keys and demanded != Path(KEYS):
        raise InventoryInvalid(
            f"hosts.{entry.host}: the inventory has trusted_keys, so {entry.config} must say "
            f'[model] trusted_keys = "{KEYS}"'
        )
    if demanded is not None and not inventory.trusted_keys:
        raise InventoryInvalid(
            f"hosts.{entry.host}: {entry.config} demands signatures, but the inventory has no trusted_keys"
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InventoryInvalid(f"{path} cannot be read: {error.strerror}") from error
