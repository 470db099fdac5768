"""The installed bundles of a device: the active one, the ones before it, and probation."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from models.bundle import sha256_of
from models.store import BundleStore, StoreUnusable
from models.transactions import KEEP_PREVIOUS
from tests.models.stock import MakeBundle, active_version, pack

pytestmark = pytest.mark.usefixtures("without_smoke_test")


def test_installed_bundle_is_active_only_after_activation(store: BundleStore, make: MakeBundle) -> None:
    bundle = make(4)
    name = store.install(bundle)
    assert name == f"tiny-4-{sha256_of(bundle / 'manifest.json')[:8]}"
    assert active_version(store) == 3
    store.activate(name)
    assert active_version(store) == 4
    assert (store.root / "current").readlink() == Path(name)


@pytest.mark.parametrize("top", ["tiny", ".", "a folder/of folders"])
def test_tar_is_installed_like_a_folder(store: BundleStore, make: MakeBundle, top: str) -> None:
    bundle = make(4)
    (bundle / "left over.txt").write_text("not part of a bundle")
    name = store.install(pack(bundle, top), activate=True)
    assert active_version(store) == 4
    assert not (store.root / name / "left over.txt").exists()


def test_second_installation_repairs_damaged_files(store: BundleStore, make: MakeBundle) -> None:
    bundle = make(4)
    name = store.install(bundle, activate=True)
    (store.root / name / "model.onnx").write_bytes(b"worn out")
    assert store.install(bundle, activate=True) == name
    assert active_version(store) == 4
    assert len(store.installed()) == 2


def test_upload_is_removed_after_installation(store: BundleStore, make: MakeBundle) -> None:
    tar = pack(make(4))
    store.install(tar.rename(store.root / "incoming" / "tiny.tar"))
    assert not (store.root / "incoming" / "tiny.tar").exists()


def test_last_active_bundles_are_kept_for_rollback(store: BundleStore, make: MakeBundle) -> None:
    for version in range(4, 4 + KEEP_PREVIOUS + 2):
        store.install(make(version), activate=True)
        store.pass_probation()
    assert [int(one.name.split("-")[1]) for one in store.installed()] == list(range(5, 5 + KEEP_PREVIOUS + 1))
    for version in (7, 6, 5):
        store.rollback("each is kept")
        assert active_version(store) == version
    assert store.rollback("to the shipped one") is None
    assert store.current() is None
    with pytest.raises(StoreUnusable, match="none to roll back from"):
        store.rollback("none is left")


def test_removed_bundle_is_gone_and_passed_over_by_a_rollback(store: BundleStore, make: MakeBundle) -> None:
    fourth, fifth, sixth = (store.install(make(version), activate=True) for version in (4, 5, 6))
    store.remove(fifth)
    assert not (store.root / fifth).exists()
    assert (store.events()[0].what, store.events()[0].name) == ("removed", fifth)
    for name, reason in ((sixth, "is active"), (fifth, "there is no bundle"), ("../tmp", "there is no bundle")):
        with pytest.raises(StoreUnusable, match=reason):
            store.remove(name)
    assert store.rollback("what was removed is no target") == store.root / fourth


def test_new_bundle_is_on_probation_until_it_passes(store: BundleStore, make: MakeBundle) -> None:
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
    assert store.rollback("it recognises nothing") == before
    assert store.probation() is None
    assert store.events()[0].reason == "it recognises nothing"
    assert store.previous() is None


def test_rollback_skips_a_damaged_bundle(store: BundleStore, make: MakeBundle) -> None:
    damaged = store.install(make(4), activate=True)
    store.install(make(5), activate=True)
    (store.root / damaged / "labels.json").unlink()
    store.rollback("it recognises nothing")
    assert active_version(store) == 3


def test_store_works_without_its_journal(store: BundleStore, make: MakeBundle) -> None:
    (store.root / "journal.json").write_text("{ torn")
    assert active_version(store) == 3
    assert store.probation() is None
    store.install(make(4), activate=True)
    assert store.rollback("it recognises nothing") is not None
    assert active_version(store) == 3


def journal(store: BundleStore) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((store.root / "journal.json").read_text())
    return content


@pytest.mark.parametrize(
    "content",
    [b"", b"{ torn", b"\xff", b"[" * 60_000, b'{"format": ' + b"1" * 5000 + b"}", b"null", b'{"format": 2}', None],
    ids=["empty", "torn", "not UTF-8", "nested", "long number", "null", "later format", "folder"],
)
def test_damaged_journal_is_put_aside_and_reported_once(
    store: BundleStore, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = store.root / "journal.json"
    path.unlink(missing_ok=True)
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    store.mend_journal()
    store.mend_journal()
    aside = store.root / "journal.json.damaged"
    assert aside.is_dir() if content is None else aside.read_bytes() == content
    (reported,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert str(aside) in reported
    assert "\n" not in reported
    assert active_version(store) == 3
    assert store.probation() is None


def test_second_damaged_journal_does_not_replace_the_first(store: BundleStore) -> None:
    for content in ("first", "second"):
        (store.root / "journal.json").write_text(content)
        store.mend_journal()
    assert (store.root / "journal.json.damaged").read_text() == "first"
    assert (store.root / "journal.json.damaged-2").read_text() == "second"


def test_journal_of_another_release_is_read(store: BundleStore, make: MakeBundle) -> None:
    store.install(make(4), activate=True)
    content = journal(store) | {"surprise": 1}
    for entry in content["activations"] + content["events"]:
        entry["surprise"] = {"a": [1]}
    del content["format"], content["activations"][0]["starts"]
    content["events"].insert(0, content["events"][0] | {"what": "praised"})
    (store.root / "journal.json").write_text(json.dumps(content))
    probation = store.probation()
    assert probation is not None
    assert probation.starts == 0
    assert store.events()[0].what == "praised"
    store.count_start()
    assert not (store.root / "journal.json.damaged").exists()
    assert store.rollback("it recognises nothing") is not None


@pytest.mark.parametrize("entry", [None, [], {}, {"name": 4}, {"name": "a", "since": "2026-01-01T00:00:00"}])
def test_entry_that_cannot_be_read_costs_no_other(store: BundleStore, make: MakeBundle, entry: object) -> None:
    store.install(make(4), activate=True)
    content = journal(store)
    content["activations"].insert(0, entry)
    (store.root / "journal.json").write_text(json.dumps(content))
    store.mend_journal()
    assert store.probation() is not None
    assert json.loads((store.root / "journal.json.damaged").read_text()) == content
    assert None not in journal(store)["activations"]
    assert store.rollback("it recognises nothing") is not None


@pytest.mark.parametrize("target", ["current", "nothing", ".."])
def test_link_that_leads_to_no_bundle_makes_the_shipped_one_active(store: BundleStore, target: str) -> None:
    (store.root / "current").unlink()
    (store.root / "current").symlink_to(target)
    assert store.current() is None


def test_file_in_place_of_the_link_is_named(store: BundleStore) -> None:
    (store.root / "current").unlink()
    (store.root / "current").write_text("tiny-3")
    with pytest.raises(StoreUnusable, match="current is not the symlink to a bundle"):
        store.current()


def test_rollback_works_on_a_full_disk_and_with_leftovers(
    store: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    store.install(make(4), activate=True)
    leftover = store.root / "incoming" / ".left"
    leftover.mkdir()
    monkeypatch.setattr("models.journal.replace_file", fail)
    monkeypatch.setattr("models.installation.remove", fail)
    store.rollback("it recognises nothing")
    assert active_version(store) == 3
    assert store.probation() is None
    leftover.rmdir()
