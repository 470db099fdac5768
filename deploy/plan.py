"""The plan of a device by the inventory: everything that it must have."""

from pathlib import Path

from deploy.configuration import Configuration, configuration
from deploy.inventory import FleetInventory, HostEntry, InventoryInvalid
from edge.config import EdgeConfig
from edge.installation import plan as plans
from edge.installation.plan import KEYS, OWNER_ONLY, SCREEN, SPEECH, Content, Plan
from edge.installation.program import Release
from models.keys import KeyUnusable, PublicKey


def plan(inventory: FleetInventory, entry: HostEntry, release: Release) -> Plan:
    """Return what the device must have by the inventory; without a configuration, what its set-up page needs.

    Raises InventoryInvalid.
    """
    rendered = None if entry.config is None else configuration(entry, entry.config)
    _require_keys(inventory)
    if rendered is not None:
        _require_matching_keys(inventory, entry, rendered.content)
    return Plan(
        packages=plans.packages_for(_outputs(rendered)),
        release=release,
        config=None if rendered is None else Content(plans.CONFIG, rendered.text.encode()),
        keys=tuple(Content(f"{KEYS}/{path.name}", _read(path)) for path in inventory.trusted_keys),
        credentials=tuple(
            Content(f"/etc/credstore/ishara.{name}", _read(path), OWNER_ONLY)
            for name, path in entry.credentials.items()
        ),
        unit=plans.unit(),
    )


def _outputs(rendered: Configuration | None) -> set[str]:
    """Return what of screen and speech the device has. One that is set up later in the browser may choose both."""
    if rendered is None:
        return {SCREEN, SPEECH}
    chosen = {SCREEN: rendered.content.captions, SPEECH: rendered.content.speech}
    return {name for name, section in chosen.items() if section is not None}


def _require_keys(inventory: FleetInventory) -> None:
    for path in inventory.trusted_keys:
        try:
            PublicKey.read(path)
        except KeyUnusable as error:
            raise InventoryInvalid(f"trusted_keys: {error}") from error


def _require_matching_keys(inventory: FleetInventory, entry: HostEntry, config: EdgeConfig) -> None:
    """Require that a device has trusted keys if, and only if, its configuration demands signatures."""
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
