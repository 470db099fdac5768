"""`ishara-edge models`: the bundles installed on this device."""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

from edge.config import SHIPPED_MODEL, EdgeConfig, ModelConfig
from edge.consent.learning_folder import learning_folder
from edge.learned.versions import LearnedVersions, Version
from edge.lifecycle.paths import state_folder
from edge.model_selection.active_bundle import find_active_bundle, open_store
from models.bundle import BundleRefused, open_bundle
from models.bundle_source import open_bundle_source
from models.compatibility import InstallOptions
from models.owner import acting_as_owner, become_owner
from models.store import BundleStore, InstalledBundle

OPERATOR_REASON: Final = "the operator asked for it"
_RECENT_EVENTS: Final = 5


def run_models_command(device: EdgeConfig, options: argparse.Namespace) -> int:
    """Carry out one action on the store and return the exit code. Raises BundleRefused, StoreUnusable."""
    config = device.model
    store = open_store(config, os.environ)
    if options.action == "list":
        learned = _learned(device)
        if options.json:
            print(json.dumps(_to_json(config, store) | {"learned": _describe_learned(learned)}, indent=2))
        else:
            print("\n".join(_rows(config, store, learned)))
        return 0
    with ExitStack() as stack:
        # What only root may read is open before root becomes the owner of the store.
        source = stack.enter_context(open_bundle_source(options.path)) if options.action == "install" else None
        shipped = (config.folder or SHIPPED_MODEL).absolute()  # the owner works in the folder of the store
        store = BundleStore(become_owner(store.root), store.keys, shipped=shipped)
        if source is not None:
            allowed = InstallOptions(allow_downgrade=options.allow_downgrade, allow_labels=options.allow_labels)
            print(f"installed {store.install_opened(source, allowed, activate=options.activate)}")
            if not options.activate:
                return 0
        elif options.action == "remove":
            store.remove(options.name)
            print(f"removed {options.name}")
            return 0
        elif options.action == "activate":
            store.activate(options.name)
        else:
            store.rollback(OPERATOR_REASON, by_operator=True)
    current = store.current()
    print(f"{'the shipped bundle' if current is None else current.name} is active from the next start or reload")
    if config.folder is not None:
        print(f"but not on this device: [model] folder names {config.folder}, which takes precedence over the store")
    return 0


def _to_json(config: ModelConfig, store: BundleStore) -> dict[str, Any]:
    probation = store.probation()
    return {
        "store": str(store.root),
        "active": str(find_active_bundle(config, None, os.environ)),
        "probation": None
        if probation is None
        else {"name": probation.name, "since": probation.since.isoformat(), "starts": probation.starts},
        "installed": [
            {"name": one.name, "current": one.is_current, "previous": one.is_previous, **_describe(store, one)}
            for one in store.installed()
        ],
        "events": [event.model_dump(mode="json") for event in store.events()],
    }


def _describe(store: BundleStore, installed: InstalledBundle) -> dict[str, Any]:
    """Return title, number of signs and signer of an installed bundle, or the error that refuses it."""
    try:
        bundle = store.open(installed.folder)
    except BundleRefused as error:
        return {"error": str(error)}
    return {"title": bundle.manifest.title, "signs": len(bundle.signs), "signed_by": store.signer(installed.folder)}


def _learned(device: EdgeConfig) -> Version | None:
    """Return what this device has taught itself, which is used beside whatever bundle is active."""
    if device.learning is None:
        return None
    with acting_as_owner(learning_folder(state_folder(os.environ), device.device)) as folder:
        return LearnedVersions(folder).current()


def _describe_learned(learned: Version | None) -> dict[str, int] | None:
    if learned is None:
        return None
    signs = len({one.sign_number for one in learned.takes})
    return {"version": learned.version, "signs": signs, "takes": len(learned.takes)}


def _rows(config: ModelConfig, store: BundleStore, learned: Version | None) -> Iterator[str]:
    active = find_active_bundle(config, None, os.environ)
    for one in store.installed():
        described = _describe(store, one)
        signed = f", signed by {described['signed_by']}" if described.get("signed_by") else ""
        role = "active, on probation" if one.on_probation else "active" if one.is_current else ""
        role = role or ("previous" if one.is_previous else "")
        content = described.get("error") or f"{described['title']}, {described['signs']} signs{signed}"
        yield f"{one.name:40}{role:22}{content}"
    if active == SHIPPED_MODEL:
        manifest = open_bundle(active).manifest
        yield f"{'(shipped)':40}{'active':22}{manifest.title}"
    elif config.folder is not None:
        yield f"{config.folder!s:40}{'active':22}named by [model] folder"
    if learned is not None:
        signs = len({one.sign_number for one in learned.takes})
        content = f"version {learned.version}, {signs} signs from {len(learned.takes)} takes; its own, not signed"
        yield f"{'(learned on this device)':40}{'active':22}{content}"
    for event in store.events()[:_RECENT_EVENTS]:
        reason = f": {event.reason}" if event.reason else ""
        yield f"{event.at.astimezone():%Y-%m-%d %H:%M:%S}  {event.what} {event.name}{reason}"
