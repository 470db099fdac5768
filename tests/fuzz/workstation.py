"""The parsers of `deploy` and `trainer`: inventories, reports of devices, bundles to push, runs, stores."""

import json
from pathlib import Path

from deploy.artifact import ArtifactUnusable, open_artifact
from deploy.connection import StepFailed
from deploy.inventory import InventoryInvalid, load_inventory
from deploy.status import read
from tests.edge.tiny_bundle import write_bundle
from tests.fuzz.archives import hostile_tar
from tests.fuzz.mutations import hostile_bytes, hostile_json
from tests.fuzz.parser import Parser, in_file, in_memory
from tests.models.stock import pack

_REPORT = {
    "release": "0.1.0-aaaaaaaa",
    "service": {"LoadState": "loaded", "ActiveState": "active", "StatusText": "the camera is lost; last word x"},
    "metrics": {"model": "tiny@3", "ishara_frames_per_second": 14.9, "ishara_last_word_timestamp_seconds": 1.7e9},
    "celsius": 50.1,
    "models": {
        "installed": [{"name": "tiny-3-00000000", "current": True}],
        "probation": None,
        "events": [{"what": "rolled back", "reason": "it is slow"}],
    },
}
_INVENTORY = b"""
trusted_keys = ["a.pub"]
[app]
wheel = "dist/ishara-0.2.0-py3-none-any.whl"
[defaults]
user = "pi"
values = { camera = "/dev/video0" }
[hosts.entrance]
address = "10.0.0.1"
canary = true
"""


def parsers(scratch: Path) -> list[Parser]:
    """Return the parsers; valid examples are made in a scratch folder."""
    tar = [pack(write_bundle(scratch / "pushed")).read_bytes()]
    reports = [json.dumps(_REPORT).encode()]
    return [
        Parser("inventory", [_INVENTORY], hostile_bytes, in_file("fleet.toml", load_inventory), (InventoryInvalid,)),
        Parser("report of a device", reports, hostile_json, in_memory(_read_report), (StepFailed,)),
        Parser("bundle to push", tar, hostile_tar, in_file("bundle.tar", open_artifact), (ArtifactUnusable,)),
    ]


def _read_report(content: bytes) -> object:
    return read("entrance", content.decode(errors="replace"))
