"""Every unusable bundle is refused with one sentence, and the active model stays active."""

import errno
import io
import os
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from landmarkers.tracking import FINGERPRINT
from models.bundle import BundleRefused
from models.compatibility import InstallOptions
from models.karsl import review
from models.manifest import SpotterSettings
from models.store import BundleStore, StoreUnusable
from tests.edge.tiny_bundle import SIGNS
from tests.models.hostile_tars import HOSTILE_TARS
from tests.models.stock import MakeBundle, active_version, change_manifest, pack, refusal

pytestmark = pytest.mark.usefixtures("without_smoke_test")


def test_older_version_is_installed_only_if_allowed(store: BundleStore, make: MakeBundle) -> None:
    sentence = refusal(store, make(2))
    assert "tiny@2 is older than the active tiny@3" in sentence
    assert "--allow-downgrade" in sentence
    other = make(3, spotter=SpotterSettings(stride_s=0.2))
    assert "another bundle of the same version" in refusal(store, other)
    store.install(other, InstallOptions(allow_downgrade=True), activate=True)
    store.install(make(2), InstallOptions(allow_downgrade=True), activate=True)
    assert active_version(store) == 2


def test_shipped_bundle_is_compared_while_none_is_installed(tmp_path: Path, make: MakeBundle) -> None:
    store = BundleStore(tmp_path / "models", shipped=make(3))
    with pytest.raises(BundleRefused, match="older than the active tiny@3"):
        store.install(make(2))
    assert store.current() is None


def test_other_signs_are_installed_only_if_allowed(store: BundleStore, make: MakeBundle) -> None:
    other = make(4, signs=[SIGNS[0].model_copy(update={"sign_id": 7, "word_en": "Heart"}), *SIGNS[1:]])
    sentence = refusal(store, other)
    assert "adds 1 (Heart) and lacks 1 (trachea)" in sentence
    assert "--allow-labels" in sentence
    store.install(other, InstallOptions(allow_labels=True), activate=True)
    assert active_version(store) == 4


def test_reviewed_words_are_the_same_signs(store: BundleStore, make: MakeBundle) -> None:
    store.install(make(4, signs=list(map(review, SIGNS))), activate=True)
    assert active_version(store) == 4


def test_model_for_other_landmark_networks_is_refused(store: BundleStore, make: MakeBundle) -> None:
    sentence = refusal(store, make(4, landmarker="litert-tracked-0123456789ab-2"))
    assert "litert-tracked-0123456789ab-2" in sentence
    assert FINGERPRINT in sentence


def test_later_format_is_reported_before_its_changes(store: BundleStore, make: MakeBundle) -> None:
    later = change_manifest(make(4), format=3, layout="another", eyes=3)
    assert "is of format 3, and this ishara" in refusal(store, later)


def test_model_for_a_later_program_is_refused(store: BundleStore, make: MakeBundle) -> None:
    assert "needs ishara 99.0.0 or later" in refusal(store, change_manifest(make(4), smallest_app_version="99.0.0"))


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "labels.json", "probe.npz", "README.md"])
def test_flipped_byte_is_refused_with_the_senders_path(store: BundleStore, make: MakeBundle, name: str) -> None:
    bundle = make(4)
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 0x80
    (bundle / name).write_bytes(content)
    sentence = refusal(store, bundle)
    assert name in sentence
    assert str(bundle) in sentence


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_tar_is_refused(store: BundleStore, make: MakeBundle, share: float) -> None:
    tar = pack(make(4))
    content = tar.read_bytes().rstrip(b"\0")
    tar.write_bytes(content[: int(len(content) * share)])
    assert any(why in refusal(store, tar) for why in ("is truncated", "neither a bundle's folder nor a .tar"))


def test_tar_that_ends_between_two_files_is_refused(store: BundleStore, make: MakeBundle) -> None:
    tar = pack(make(4))
    with tarfile.open(tar) as archive:
        end = archive.getmembers()[3].offset
    tar.write_bytes(tar.read_bytes()[:end])
    assert "is truncated: its end is missing" in refusal(store, tar)


@pytest.mark.parametrize(
    ("member", "sentence"),
    [
        ({"name": "tiny/../../model.onnx"}, "leads out of the bundle"),
        ({"name": "/etc/model.onnx"}, "leads out of the bundle"),
        ({"name": "tiny/model.onnx", "type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "not a plain file"),
        ({"name": "tiny/model.onnx", "type": tarfile.LNKTYPE, "linkname": "tiny/labels.json"}, "not a plain file"),
        ({"name": "tiny/model.onnx", "type": tarfile.FIFOTYPE}, "not a plain file"),
        ({"name": "other/model.onnx"}, "model.onnx twice"),
    ],
)
def test_hostile_tar_is_refused(
    store: BundleStore, make: MakeBundle, member: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    tar = pack(make(4))
    with tarfile.open(tar, "a") as archive:
        one = tarfile.TarInfo()
        for key, value in member.items():
            setattr(one, key, value)
        archive.addfile(one, io.BytesIO())
    assert sentence in refusal(store, tar)


@pytest.mark.parametrize("kind", HOSTILE_TARS)
def test_tar_with_a_negative_size_ends_at_once(store: BundleStore, tmp_path: Path, kind: str) -> None:
    (tmp_path / "hostile.tar").write_bytes(HOSTILE_TARS[kind])
    began = time.process_time()
    assert str(tmp_path / "hostile.tar") in refusal(store, tmp_path / "hostile.tar")
    assert time.process_time() - began < 1.0


def test_huge_tar_is_refused_before_unpacking(store: BundleStore, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "huge.tar", "w") as archive:
        one = tarfile.TarInfo("tiny/model.onnx")
        one.size = 2**33
        archive.addfile(one)
    with (tmp_path / "huge.tar").open("r+b") as file:
        file.seek(2**33 + 512)
        file.write(bytes(10240))
    assert "more than 256 MB" in refusal(store, tmp_path / "huge.tar")


@pytest.mark.parametrize("content", ["nothing", "a text", "an empty folder", "a link"])
def test_path_that_is_not_a_bundle_is_refused(
    store: BundleStore, make: MakeBundle, content: str, tmp_path: Path
) -> None:
    path = tmp_path / "thing"
    if content == "a text":
        path.write_text("no bundle")
    elif content == "an empty folder":
        path.mkdir()
    elif content == "a link":
        bundle = make(4)
        (bundle / "model.onnx").rename(tmp_path / "elsewhere.onnx")
        (bundle / "model.onnx").symlink_to(tmp_path / "elsewhere.onnx")
        path = bundle
    assert str(path) in refusal(store, path)


def test_full_disk_is_reported_before_writing(make: MakeBundle, tmp_path: Path) -> None:
    """A real file system of 8 MB where this user may mount one."""
    (tmp_path / "small").mkdir()
    mounted = os.geteuid() == 0 and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "small", tmp_path / "small"]
    )
    try:
        with pytest.MonkeyPatch.context() as patch:
            if not mounted:
                free = list(os.statvfs(tmp_path))
                free[3] = free[4] = 8_000_000 // free[1]
                patch.setattr(os, "statvfs", lambda _: os.statvfs_result(free))
            store = BundleStore(tmp_path / "small" / "models")
            with pytest.raises(BundleRefused, match="there is no room for the bundle"):
                store.install(make(3))
            assert store.installed() == []
    finally:
        if mounted:
            subprocess.check_call(["umount", tmp_path / "small"])


def test_disk_that_fills_up_meanwhile_leaves_the_old_model(
    store: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(source: object, size: int, target: Path) -> None:
        target.write_bytes(b"half of")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    bundle = make(4)
    monkeypatch.setattr("models.bundle_source.copy_part", write)
    assert "No space left on device" in refusal(store, bundle)


def test_activation_of_a_missing_or_damaged_bundle_is_refused(store: BundleStore, make: MakeBundle) -> None:
    name = store.install(make(4))
    (store.root / name / "model.onnx").write_bytes(b"worn out")
    with pytest.raises(BundleRefused, match="model.onnx of the bundle .* is damaged"):
        store.activate(name)
    with pytest.raises(StoreUnusable, match="there is no bundle none in the store .*; installed: tiny-3-"):
        store.activate("none")
    assert active_version(store) == 3


def test_unreadable_store_is_reported(tmp_path: Path, make: MakeBundle) -> None:
    (tmp_path / "models").write_text("no folder")
    with pytest.raises(StoreUnusable, match="cannot be"):
        BundleStore(tmp_path / "models").install(make(3))


@pytest.mark.parametrize("name", [".lock", ".journal.json.new", "incoming", ".current.new"])
def test_root_follows_no_symlinks_of_the_services_user(
    store: BundleStore, make: MakeBundle, tmp_path: Path, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".hidden").write_text("of another")
    link = store.root / name
    if link.is_dir():
        link.rmdir()
    link.unlink(missing_ok=True)
    link.symlink_to(elsewhere if name in {"incoming", ".current.new"} else elsewhere / ".hidden")
    try:
        store.install(make(4), activate=True)
    except StoreUnusable as error:
        assert name in {".lock", "incoming"}
        assert "symlink" in str(error) or "symbolic" in str(error)  # noqa: PT017  # only some are refused
        link.unlink()
    assert [path.name for path in elsewhere.iterdir()] == [".hidden"]
    assert (elsewhere / ".hidden").read_text() == "of another"
    assert active_version(store) in {3, 4}
