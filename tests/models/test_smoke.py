"""A network that is slow, memory-hungry or crashes is detected in a separate process, never in the daemon."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.bundle import BundleRefused, Probe, sha256_of, write_probe
from models.manifest import SpotterSettings
from models.smoke import ResourceLimits, run_smoke_test
from models.store import BundleStore
from tests.models.hard_networks import large_allocation, slow_loop
from tests.models.stock import MakeBundle, change_manifest, refusal


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


def test_bundle_that_the_separate_process_refuses_is_not_read_here(
    store: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise BundleRefused("it needs more memory than its limit")

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("models.transactions.run_smoke_test", refuse)
    monkeypatch.setattr("models.store_reader.StoreReader.open_compatible", fail)
    with pytest.raises(BundleRefused, match="more memory than its limit"):
        store.install(make(4))


def test_files_of_a_bundle_count_towards_the_limit_of_memory(make: MakeBundle) -> None:
    bundle = make(4)
    frames = 1500  # ten megabytes of zeros, a few kilobytes in the file
    points = np.zeros((frames, 543, 3), np.float32)
    write_probe(bundle / "probe.npz", Probe(points, np.zeros(frames, np.float32), np.zeros(4, np.float32)))
    manifest = json.loads((bundle / "manifest.json").read_text())
    change_manifest(bundle, files=manifest["files"] | {"probe.npz": sha256_of(bundle / "probe.npz")})
    with pytest.raises(BundleRefused, match="memory|allocate"):
        run_smoke_test(bundle, ResourceLimits(memory_mb=8))
