"""`ishara-edge models`: the bundles installed on this device."""

import argparse
import json
import os
from collections.abc import Iterator
from typing import Any

from edge.config import SHIPPED_MODEL, ModelConfig
from edge.model_selection.active_bundle import find_active_bundle, open_store
from models.bundle import BundleRefused, open_bundle
from models.compatibility import InstallOptions
from models.store import BundleStore, InstalledBundle

ASKED_FOR = "the operator asked for it"


def run_models_command(config: ModelConfig, options: argparse.Namespace) -> int:
    """Do what was asked of the store; returns the exit code. Raises BundleRefused, StoreUnusable."""
    store = open_store(config, os.environ)
    if options.action == "list":
        print(json.dumps(_as_content(config, store), indent=2) if options.json else "\n".join(_rows(config, store)))
        return 0
    if options.action == "install":
        allowed = InstallOptions(allow_downgrade=options.allow_downgrade, allow_labels=options.allow_labels)
        print(f"installed {store.install(options.path, allowed, activate=options.activate)}")
        if not options.activate:
            return 0
    elif options.action == "activate":
        store.activate(options.name)
    else:
        store.rollback(ASKED_FOR)
    current = store.current()
    print(f"{'the shipped bundle' if current is None else current.name} serves from the next start or reload on")
    if config.folder is not None:
        print(f"but not here: [model] folder names {config.folder}, which goes before the store")
    return 0


def _as_content(config: ModelConfig, store: BundleStore) -> dict[str, Any]:
    probation = store.probation()
    return {
        "store": str(store.root),
        "serving": str(find_active_bundle(config, None, os.environ)),
        "probation": None
        if probation is None
        else {"name": probation.name, "since": probation.since.isoformat(), "starts": probation.starts},
        "installed": [
            {"name": one.name, "current": one.is_current, "previous": one.is_previous, **_told(store, one)}
            for one in store.installed()
        ],
        "events": [event.model_dump(mode="json") for event in store.events()],
    }


def _told(store: BundleStore, installed: InstalledBundle) -> dict[str, Any]:
    """What an installed bundle says of itself, or what is wrong with it."""
    try:
        bundle = store.open(installed.folder)
    except BundleRefused as error:
        return {"wrong": str(error)}
    return {"title": bundle.manifest.title, "signs": len(bundle.signs), "signed_by": store.signer(installed.folder)}


def _rows(config: ModelConfig, store: BundleStore) -> Iterator[str]:
    serving = find_active_bundle(config, None, os.environ)
    for one in store.installed():
        told = _told(store, one)
        signed = f", signed by {told['signed_by']}" if told.get("signed_by") else ""
        role = "serves, on probation" if one.on_probation else "serves" if one.is_current else ""
        role = role or ("served before" if one.is_previous else "")
        yield f"{one.name:40}{role:22}" + (told.get("wrong") or f"{told['title']}, {told['signs']} signs{signed}")
    if serving == SHIPPED_MODEL:
        manifest = open_bundle(serving).manifest
        yield f"{'(shipped)':40}{'serves':22}{manifest.title}"
    elif config.folder is not None:
        yield f"{config.folder!s:40}{'serves':22}named by [model] folder"
    for event in store.events()[:5]:
        reason = f": {event.reason}" if event.reason else ""
        yield f"{event.at.astimezone():%Y-%m-%d %H:%M:%S}  {event.what} {event.name}{reason}"
