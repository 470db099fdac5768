"""Bundles to push: the shipped one as another version, signed or spoiled in one of many ways."""

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


def make_burdened(desk: Desk, beside: Sequence[NodeProto]) -> Path:
    """Such a bundle whose network does something more: nodes that give `nothing`, a 0 that is added to its answer."""
    bundle = make_bundle(desk, key=None)
    model = onnx.load(bundle / MODEL)
    for node in model.graph.node:
        node.output[:] = ["answer" if name == "probabilities" else name for name in node.output]
    model.graph.node.extend([*beside, helper.make_node("Add", ["answer", "nothing"], ["probabilities"])])
    onnx.save(model, bundle / MODEL)
    files = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["files"]
    rewrite(bundle, files=files | {MODEL: sha256_of(bundle / MODEL)})
    desk.deploy("sign", str(bundle), "--key", str(desk.folder / "signer.key")).must(0)
    return bundle


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
