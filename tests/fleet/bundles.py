"""Bundles to push: the shipped one as another version, signed or spoiled in one of many ways."""

import itertools
import json
import shutil
from pathlib import Path
from typing import Any, Final

from edge.config import SHIPPED_MODEL
from tests.fleet.site import Desk

FIRST: Final = 1000  # a version later than any that is shipped
_versions = itertools.count(FIRST)


def make_bundle(desk: Desk, *, version: int | None = None, key: str | None = "signer.key") -> Path:
    """The shipped bundle under a later version than all before, or this one, signed by one of the desk's keys."""
    number = next(_versions) if version is None else version
    folder = desk.folder / f"bundle-{number}"
    shutil.copytree(SHIPPED_MODEL, folder)
    (folder / "manifest.sig").unlink(missing_ok=True)
    rewrite(folder, version=number)
    if key is not None:
        desk.deploy("sign", str(folder), "--key", str(desk.folder / key)).must(0)
    return folder


def rewrite(bundle: Path, **said: Any) -> None:
    """Let a bundle's manifest say something else."""
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | said
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=2), encoding="utf-8")


def flip(path: Path) -> None:
    """Turn over one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
