"""Writes the inventory: a new one, or a host into one that is there, whose comments and order stay."""

import os
from pathlib import Path
from typing import Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from deploy.inventory import HostSection, InventoryInvalid, load_inventory
from edge.config.text_file import read_text_file

_NEW: Final = """\
# Devices that `ishara-deploy` looks after, written by `ishara-deploy provision HOST`; every key: docs/fleet.md.

known_hosts = "{known_hosts}"        # the only trusted host keys
trusted_keys = ["{public_key}"]     # devices take only models that were signed by its other half, {private_key}

# The program is the one that `ishara-deploy` itself is installed with, unless [app] names a wheel and a lock.
# A device without `config`, the template of a configuration, is set up in the browser.
"""


def new_inventory(known_hosts: str, public_key: str, private_key: str) -> str:
    """Return the text of an inventory without hosts."""
    return _NEW.format(known_hosts=known_hosts, public_key=public_key, private_key=private_key)


def add_host(path: Path, text: str, name: str, section: HostSection) -> None:
    """Write the text of an inventory with a host more. Raises InventoryInvalid, and leaves the file as it was."""
    try:
        document = tomlkit.parse(text)
        host = tomlkit.table()
        for key, value in section.model_dump(exclude_unset=True, mode="json").items():
            host.add(key, value)
        hosts = document.setdefault("hosts", tomlkit.table(is_super_table=True))
        hosts.add(name, host)
    except TOMLKitError as error:
        raise InventoryInvalid(f"{name} cannot be added to the inventory {path}: {error}") from error
    partial = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(tomlkit.dumps(document), encoding="utf-8")
        load_inventory(partial)
        os.replace(partial, path)  # noqa: PTH105
    except OSError as error:
        raise InventoryInvalid(f"the inventory {path} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def read_inventory(path: Path) -> str:
    """Return the text of an inventory. Raises InventoryInvalid."""
    try:
        return read_text_file(path)
    except (OSError, ValueError) as error:
        raise InventoryInvalid(f"the inventory {path} cannot be read: {error}") from error
