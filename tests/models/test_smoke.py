"""A network that is slow, memory-hungry or crashes is detected in a separate process, never in the daemon."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Probe, sha256_of, write_probe
from models.manifest import SpotterSettings
from models.smoke import ResourceLimits
from models.store import BundleStore
from tests.models.hard_networks import large_allocation, slow_loop
from tests.models.stock import MakeBundle, active_version, change_manifest, refusal


def test_too_slow_network_is_refused(store: BundleStore, make: MakeBundle) -> None:
    slow = make(4, beside=slow_loop(300_000), spotter=SpotterSettings(stride_s=0.03))
    assert "for a classification that is due every 30 ms" in refusal(store, slow)


def test_endless_network_is_terminated(store: BundleStore, make: MakeBundle) -> None:
    strict = BundleStore(store.root, limits=ResourceLimits(cpu_seconds=2, timeout_s=250.0))
    assert "exceeded its limit of processor time" in refusal(strict, make(4, beside=slow_loop(10**12)))


def test_network_that_needs_too_much_memory_is_refused(store: BundleStore, make: MakeBundle) -> None:
    assert "more memory than its limit" in refusal(store, make(4, beside=large_allocation(4000)))


def test_crashing_network_does_no_harm(
    store: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "libraries").mkdir()
    crash = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
    (tmp_path / "libraries" / "onnxruntime.py").write_text(crash)
    monkeypatch.syspath_prepend(tmp_path / "libraries")
    assert "crashed with a segmentation fault" in refusal(store, make(4))


def test_probe_with_another_result_than_at_export_is_refused(store: BundleStore, make: MakeBundle) -> None:
    bundle = make(4)
    with np.load(bundle / "probe.npz") as content:
        probe = Probe(content["points"], content["times"], np.roll(content["probabilities"], 1))
    write_probe(bundle / "probe.npz", probe)
    manifest = json.loads((bundle / "manifest.json").read_text())
    change_manifest(bundle, files=manifest["files"] | {"probe.npz": sha256_of(bundle / "probe.npz")})
    assert "has another result here than where the bundle was made" in refusal(store, bundle)


def test_service_can_change_the_files_that_root_creates(
    make: MakeBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root can change the owner of files; any other user owns all of them."""
    uid = os.geteuid()
    owner = 60_123 if uid == 0 else uid
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", owner, -1)
    store = BundleStore(tmp_path / "state" / "models")
    store.install(make(3), activate=True)
    store.install(make(4), activate=True)
    assert {path.lstat().st_uid for path in (tmp_path / "state").rglob("*")} == {owner}
    monkeypatch.chdir(tmp_path / "state")  # only root may read its parent folders
    process = os.fork()
    if process == 0:
        if uid == 0:
            os.setuid(owner)
        rolled_back = BundleStore(Path("models")).rollback("as the service does")
        os._exit(0 if rolled_back is not None else 1)
    assert os.waitpid(process, 0)[1] == 0
    assert active_version(store) == 3
