"""Bundles to push: the shipped one as another version, signed or spoiled in one of many ways."""

import json
import shutil
from pathlib import Path

from edge.config import SHIPPED_MODEL
from tests.fleet.site import Desk

FIRST = 1000  # a version later than any that is shipped


def make_bundle(desk: Desk, version: int, *, key: str | None = "signer.key") -> Path:
    """The shipped bundle under another version, signed by one of the desk's keys."""
    folder = desk.folder / f"bundle-{version}-{(key or 'unsigned').replace('/', '-')}"
    if folder.exists():
        return folder
    shutil.copytree(SHIPPED_MODEL, folder)
    (folder / "manifest.sig").unlink(missing_ok=True)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["version"] = version
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2), encoding="utf-8")
    if key is not None:
        desk.deploy("sign", str(folder), "--key", str(desk.folder / key)).must(0)
    return folder


def flip(path: Path) -> None:
    """Turn over one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
