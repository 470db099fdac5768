"""A network that is slow, greedy or crashes is found out in a process of its own, and never by the daemon."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Probe, sha256_of, write_probe
from models.manifest import SpotterSettings
from models.smoke import ResourceLimits
from models.store import BundleStore
from tests.models.hard_networks import hoarding, turning
from tests.models.stock import MakeBundle, change_manifest, refusal, serving


def test_a_network_slower_than_it_is_asked_is_refused(store: BundleStore, make: MakeBundle) -> None:
    slow = make(4, beside=turning(300_000), spotter=SpotterSettings(stride_s=0.03))
    assert "for what is to be read every 30 ms" in refusal(store, slow)


def test_a_network_that_never_answers_is_ended(store: BundleStore, make: MakeBundle) -> None:
    strict = BundleStore(store.root, limits=ResourceLimits(cpu_seconds=2, timeout_s=250.0))
    assert "more of the processor's time than it may" in refusal(strict, make(4, beside=turning(10**12)))


def test_a_network_that_wants_too_much_memory_is_refused(store: BundleStore, make: MakeBundle) -> None:
    assert "more memory than it may have" in refusal(store, make(4, beside=hoarding(4000)))


def test_a_network_that_crashes_takes_nothing_along(
    store: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "libraries").mkdir()
    crash = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
    (tmp_path / "libraries" / "onnxruntime.py").write_text(crash)
    monkeypatch.syspath_prepend(tmp_path / "libraries")
    assert "dies of a memory fault" in refusal(store, make(4))


def test_another_answer_than_where_it_was_made_is_refused(store: BundleStore, make: MakeBundle) -> None:
    bundle = make(4)
    with np.load(bundle / "probe.npz") as content:
        probe = Probe(content["points"], content["times"], np.roll(content["probabilities"], 1))
    write_probe(bundle / "probe.npz", probe)
    manifest = json.loads((bundle / "manifest.json").read_text())
    change_manifest(bundle, files=manifest["files"] | {"probe.npz": sha256_of(bundle / "probe.npz")})
    assert "gives another answer here than where the bundle was made" in refusal(store, bundle)


def test_what_root_makes_the_service_can_change(
    make: MakeBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root can give things away; for anybody else there is nothing to give."""
    mine = os.geteuid()
    owner = 60_123 if mine == 0 else mine
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", owner, -1)
    store = BundleStore(tmp_path / "state" / "models")
    store.install(make(3), activate=True)
    store.install(make(4), activate=True)
    assert {path.lstat().st_uid for path in (tmp_path / "state").rglob("*")} == {owner}
    monkeypatch.chdir(tmp_path / "state")  # the folders above are root's alone
    process = os.fork()
    if process == 0:
        if mine == 0:
            os.setuid(owner)
        went_back = BundleStore(Path("models")).rollback("as the service does")
        os._exit(0 if went_back is not None else 1)
    assert os.waitpid(process, 0)[1] == 0
    assert serving(store) == 3
