"""What is installed on a device: which model serves, which served before, which has yet to prove itself."""

import errno
import os
from pathlib import Path

import pytest

from models.bundle import sha256_of
from models.store import KEEP_PREVIOUS, BundleStore, StoreUnusable
from tests.models.stock import MakeBundle, pack, serving


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network is tried: tests/models/test_smoke.py does that."""
    monkeypatch.setattr("models.store.run_smoke_test", lambda *_: "")


def test_a_bundle_is_installed_and_serves_only_when_activated(store: BundleStore, make: MakeBundle) -> None:
    bundle = make(4)
    name = store.install(bundle)
    assert name == f"tiny-4-{sha256_of(bundle / 'manifest.json')[:8]}"
    assert serving(store) == 3
    store.activate(name)
    assert serving(store) == 4
    assert (store.root / "current").readlink() == Path(name)


@pytest.mark.parametrize("top", ["tiny", ".", "a folder/of folders"])
def test_a_tar_is_installed_as_its_folder_would_be(store: BundleStore, make: MakeBundle, top: str) -> None:
    bundle = make(4)
    (bundle / "left over.txt").write_text("no part of a bundle")
    name = store.install(pack(bundle, top), activate=True)
    assert serving(store) == 4
    assert not (store.root / name / "left over.txt").exists()


def test_installed_twice_is_installed_once_and_mends_what_is_damaged(store: BundleStore, make: MakeBundle) -> None:
    bundle = make(4)
    name = store.install(bundle, activate=True)
    (store.root / name / "model.onnx").write_bytes(b"worn out")
    assert store.install(bundle, activate=True) == name
    assert serving(store) == 4
    assert len(store.installed()) == 2


def test_what_came_into_the_store_itself_is_gone_once_it_is_installed(store: BundleStore, make: MakeBundle) -> None:
    tar = pack(make(4))
    store.install(tar.rename(store.root / "incoming" / "tiny.tar"))
    assert not (store.root / "incoming" / "tiny.tar").exists()


def test_the_last_good_ones_are_kept(store: BundleStore, make: MakeBundle) -> None:
    for version in range(4, 4 + KEEP_PREVIOUS + 2):
        store.install(make(version), activate=True)
        store.pass_probation()
    assert [int(one.name.split("-")[1]) for one in store.installed()] == list(range(5, 5 + KEEP_PREVIOUS + 1))
    for version in (7, 6, 5):
        store.rollback("they are to be gone back to")
        assert serving(store) == version
    assert store.rollback("to the shipped one") is None
    assert store.current() is None
    with pytest.raises(StoreUnusable, match="none to go back from"):
        store.rollback("there is nothing more")


def test_a_newcomer_is_on_probation_until_it_has_passed(store: BundleStore, make: MakeBundle) -> None:
    assert store.probation() is None
    before, name = store.current(), store.install(make(4), activate=True)
    assert before is not None
    store.count_start()
    store.count_start()
    probation = BundleStore(store.root).probation()
    assert probation is not None
    assert (probation.name, probation.previous, probation.starts) == (name, before.name, 2)
    store.pass_probation()
    assert store.probation() is None
    store.count_start()
    assert store.rollback("it reads nothing") == before
    assert store.probation() is None
    assert store.events()[0].reason == "it reads nothing"
    assert store.previous() is None


def test_going_back_passes_over_a_bundle_that_is_damaged_by_now(store: BundleStore, make: MakeBundle) -> None:
    damaged = store.install(make(4), activate=True)
    store.install(make(5), activate=True)
    (store.root / damaged / "labels.json").unlink()
    store.rollback("it reads nothing")
    assert serving(store) == 3


def test_without_its_journal_the_store_goes_on(store: BundleStore, make: MakeBundle) -> None:
    (store.root / "journal.json").write_text("{ torn")
    assert serving(store) == 3
    assert store.probation() is None
    store.install(make(4), activate=True)
    assert store.rollback("it reads nothing") is not None
    assert serving(store) == 3


def test_a_full_disk_and_leftovers_of_others_hinder_no_going_back(
    store: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    store.install(make(4), activate=True)
    leftover = store.root / "incoming" / ".left"
    leftover.mkdir()
    monkeypatch.setattr("models.journal.replace_file", fail)
    monkeypatch.setattr("models.installation.remove", fail)
    store.rollback("it reads nothing")
    assert serving(store) == 3
    assert store.probation() is None
    leftover.rmdir()
