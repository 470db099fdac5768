"""Bundles to push: the shipped one as another version, signed or damaged in one of many ways."""

import itertools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import onnx
from onnx import NodeProto, helper

from edge.config import SHIPPED_MODEL
from models.bundle import MODEL, sha256_of
from tests.fleet.site import Workstation

FIRST: Final = 1000  # a version later than any shipped one
_versions = itertools.count(FIRST)


def next_version() -> int:
    """Return a version that is later than all before."""
    return next(_versions)


def make_bundle(desk: Workstation, *, version: int | None = None, key: str | None = "signer.key") -> Path:
    """Copy the shipped bundle with this version, or one later than all before, signed by a key of the workstation."""
    number = next_version() if version is None else version
    folder = desk.folder / f"bundle-{number}"
    shutil.copytree(SHIPPED_MODEL, folder)
    (folder / "manifest.sig").unlink(missing_ok=True)
    rewrite(folder, version=number)
    if key is not None:
        desk.deploy("sign", str(folder), "--key", str(desk.folder / key)).expect(0)
    return folder


def make_with_extra_nodes(desk: Workstation, beside: Sequence[NodeProto]) -> Path:
    """Make a bundle whose network has extra nodes that output `nothing`, a 0 that is added to the probabilities."""
    bundle = make_bundle(desk, key=None)
    model = onnx.load(bundle / MODEL)
    for node in model.graph.node:
        node.output[:] = ["answer" if name == "probabilities" else name for name in node.output]
    model.graph.node.extend([*beside, helper.make_node("Add", ["answer", "nothing"], ["probabilities"])])
    onnx.save(model, bundle / MODEL)
    files = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["files"]
    rewrite(bundle, files=files | {MODEL: sha256_of(bundle / MODEL)})
    desk.deploy("sign", str(bundle), "--key", str(desk.folder / "signer.key")).expect(0)
    return bundle


def rewrite(bundle: Path, **output: Any) -> None:
    """Change fields of a bundle's manifest."""
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | output
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=2), encoding="utf-8")


def flip(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
