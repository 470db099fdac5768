"""What is installed on a device: only what is whole, fit, signed and able to read, and never less than one model."""

import errno
import io
import json
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landmarkers.tracking import FINGERPRINT
from models.admission import Allowed
from models.bundle import BundleRefused, Probe, sha256_of, write_probe
from models.keys import PrivateKey, new_keys
from models.manifest import SpotterSettings
from models.signature import TrustedKeys, sign
from models.smoke import Limits
from models.store import KEPT, BundleStore, StoreUnusable
from tests.edge.tiny_bundle import SIGNS, write_bundle
from tests.models.hard_networks import hoarding, turning

MakeBundle = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> MakeBundle:
    """Makes bundles for this device's landmarks."""

    def bundle(version: int, **options: Any) -> Path:
        folder = tmp_path / f"made-{len(list(tmp_path.glob('made-*')))}"
        return write_bundle(folder, **{"landmarker": FINGERPRINT, "version": version, **options})

    return bundle


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose third version serves."""
    folder = tmp_path_factory.mktemp("stocked")
    store = BundleStore(folder / "models")
    store.install(write_bundle(folder / "tiny", landmarker=FINGERPRINT), activate=True)
    store.pass_probation()
    return store.root


@pytest.fixture
def store(stocked: Path, tmp_path: Path) -> Iterator[BundleStore]:
    """That store; nothing is left on the way in it, whatever is refused."""
    store = BundleStore(shutil.copytree(stocked, tmp_path / "models", symlinks=True))
    yield store
    assert list((store.root / "incoming").glob("*")) == []


def serving(store: BundleStore) -> int:
    """The version that serves, as the daemon would find it."""
    current = store.current()
    assert current is not None
    return store.open(current).manifest.version


def refusal(store: BundleStore, path: Path, **options: Any) -> str:
    """The sentence with which a bundle is refused, while everything stays as it was."""
    before = sorted(store.root.glob("*/*"))
    with pytest.raises((BundleRefused, StoreUnusable)) as refused:
        store.install(path, activate=True, **options)
    assert sorted(store.root.glob("*/*")) == before
    assert serving(store) == 3
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence


def change_manifest(bundle: Path, **changes: object) -> Path:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps(manifest | changes))
    return bundle


def pack(bundle: Path, top: str = "tiny") -> Path:
    with tarfile.open(bundle.with_suffix(".tar"), "w") as tar:
        tar.add(bundle, top)
    return bundle.with_suffix(".tar")


def test_a_bundle_is_installed_and_serves_only_when_activated(store: BundleStore, make: MakeBundle) -> None:
    bundle = make(4)
    name = store.install(bundle)
    assert name == f"tiny-4-{sha256_of(bundle / 'manifest.json')[:8]}"
    assert serving(store) == 3
    store.activate(name)
    assert serving(store) == 4
    assert os.readlink(store.root / "current") == name


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
    for version in range(4, 4 + KEPT + 2):
        store.install(make(version), activate=True)
        store.pass_probation()
    assert [int(one.name.split("-")[1]) for one in store.installed()] == list(range(5, 5 + KEPT + 1))
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
    assert (probation.name, probation.before, probation.starts) == (name, before.name, 2)
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


def test_an_older_version_is_taken_only_when_allowed(store: BundleStore, make: MakeBundle) -> None:
    sentence = refusal(store, make(2))
    assert "tiny@2 is older than the tiny@3 that serves" in sentence
    assert "--allow-downgrade" in sentence
    other = make(3, threshold=0.5)
    assert "another of the same version" in refusal(store, other)
    store.install(other, Allowed(downgrade=True), activate=True)
    store.install(make(2), Allowed(downgrade=True), activate=True)
    assert serving(store) == 2


def test_the_shipped_bundle_counts_while_none_is_installed(tmp_path: Path, make: MakeBundle) -> None:
    store = BundleStore(tmp_path / "models", shipped=make(3))
    with pytest.raises(BundleRefused, match="older than the tiny@3"):
        store.install(make(2))
    assert store.current() is None


def test_other_signs_are_taken_only_when_allowed(store: BundleStore, make: MakeBundle) -> None:
    other = make(4, signs=[SIGNS[0].model_copy(update={"sign_id": 7, "word_en": "Heart"}), *SIGNS[1:]])
    sentence = refusal(store, other)
    assert "has 1 (Heart) more and lacks 1 (Trachea)" in sentence
    assert "--allow-labels" in sentence
    store.install(other, Allowed(labels=True), activate=True)
    assert serving(store) == 4


def test_a_model_for_other_landmark_networks_is_refused(store: BundleStore, make: MakeBundle) -> None:
    sentence = refusal(store, make(4, landmarker="litert-tracked-0123456789ab-2"))
    assert "litert-tracked-0123456789ab-2" in sentence
    assert FINGERPRINT in sentence


def test_a_later_format_is_told_before_anything_that_it_changes(store: BundleStore, make: MakeBundle) -> None:
    later = change_manifest(make(4), format=2, layout="another", eyes=3)
    assert "is of format 2, and this ishara" in refusal(store, later)


def test_a_model_for_a_later_program_is_refused(store: BundleStore, make: MakeBundle) -> None:
    assert "needs ishara 99.0.0 or later" in refusal(store, change_manifest(make(4), smallest_app_version="99.0.0"))


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "labels.json", "probe.npz", "README.md"])
def test_a_flipped_byte_is_refused_by_the_name_that_the_sender_knows(
    store: BundleStore, make: MakeBundle, name: str
) -> None:
    bundle = make(4)
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 0x80
    (bundle / name).write_bytes(content)
    sentence = refusal(store, bundle)
    assert name in sentence
    assert str(bundle) in sentence


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_tar_is_refused(store: BundleStore, make: MakeBundle, share: float) -> None:
    tar = pack(make(4))
    content = tar.read_bytes().rstrip(b"\0")
    tar.write_bytes(content[: int(len(content) * share)])
    assert any(why in refusal(store, tar) for why in ("is truncated", "neither a bundle's folder nor a .tar"))


def test_a_tar_that_ends_between_two_files_is_refused(store: BundleStore, make: MakeBundle) -> None:
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
def test_a_hostile_tar_is_refused(
    store: BundleStore, make: MakeBundle, member: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    tar = pack(make(4))
    with tarfile.open(tar, "a") as archive:
        one = tarfile.TarInfo()
        for key, value in member.items():
            setattr(one, key, value)
        archive.addfile(one, io.BytesIO())
    assert sentence in refusal(store, tar)


def test_a_huge_tar_is_refused_before_it_is_unpacked(store: BundleStore, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "huge.tar", "w") as archive:
        one = tarfile.TarInfo("tiny/model.onnx")
        one.size = 2**33
        archive.addfile(one)
    with (tmp_path / "huge.tar").open("r+b") as file:
        file.seek(2**33 + 512)
        file.write(bytes(10240))
    assert "no bundle has more than" in refusal(store, tmp_path / "huge.tar")


@pytest.mark.parametrize("there", ["nothing", "a text", "an empty folder", "a link"])
def test_what_is_no_bundle_is_refused(store: BundleStore, make: MakeBundle, there: str, tmp_path: Path) -> None:
    path = tmp_path / "thing"
    if there == "a text":
        path.write_text("no bundle")
    elif there == "an empty folder":
        path.mkdir()
    elif there == "a link":
        bundle = make(4)
        (bundle / "model.onnx").rename(tmp_path / "elsewhere.onnx")
        (bundle / "model.onnx").symlink_to(tmp_path / "elsewhere.onnx")
        path = bundle
    assert str(path) in refusal(store, path)


def test_a_full_disk_is_told_before_anything_is_written(make: MakeBundle, tmp_path: Path) -> None:
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
                patch.setattr(os, "statvfs", lambda path: os.statvfs_result(free))
            store = BundleStore(tmp_path / "small" / "models")
            with pytest.raises(BundleRefused, match="there is no room for the bundle"):
                store.install(make(3))
            assert store.installed() == []
    finally:
        if mounted:
            subprocess.check_call(["umount", tmp_path / "small"])


def test_a_disk_that_fills_up_on_the_way_leaves_the_old_model(
    store: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(source: object, to: Path) -> None:
        to.write_bytes(b"half of")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    bundle = make(4)
    monkeypatch.setattr("models.arrival.copy_stream", write)
    assert "No space left on device" in refusal(store, bundle)


def test_a_network_slower_than_it_is_asked_is_refused(store: BundleStore, make: MakeBundle) -> None:
    slow = make(4, beside=turning(300_000), spotter=SpotterSettings(look_every_s=0.03))
    assert "for what is to be read every 30 ms" in refusal(store, slow)


def test_a_network_that_never_answers_is_ended(store: BundleStore, make: MakeBundle) -> None:
    strict = BundleStore(store.root, limits=Limits(seconds=2))
    assert "more of the processor's time than it may" in refusal(strict, make(4, beside=turning(10**12)))


def test_a_network_that_wants_too_much_memory_is_refused(store: BundleStore, make: MakeBundle) -> None:
    began = time.monotonic()
    assert "more memory than it may have" in refusal(store, make(4, beside=hoarding(4000)))
    assert time.monotonic() - began < 100


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


def test_activating_what_is_not_there_or_damaged_by_now_is_refused(store: BundleStore, make: MakeBundle) -> None:
    name = store.install(make(4))
    (store.root / name / "model.onnx").write_bytes(b"worn out")
    with pytest.raises(BundleRefused, match="model.onnx of the bundle .* is damaged"):
        store.activate(name)
    with pytest.raises(StoreUnusable, match="there is no bundle none in the store .*; installed: tiny-3-"):
        store.activate("none")
    assert serving(store) == 3


def test_a_store_of_another_user_is_said_to_be_unreadable(tmp_path: Path, make: MakeBundle) -> None:
    (tmp_path / "models").write_text("no folder")
    with pytest.raises(StoreUnusable, match="cannot be"):
        BundleStore(tmp_path / "models").install(make(3))


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


class TestSigned:
    """Where keys are trusted, only what is signed by one of them is taken in or read."""

    @pytest.fixture
    def keys(self, tmp_path: Path) -> Path:
        """A folder with the keys `one` and `two`; a third one is trusted by nobody."""
        for name in ("one", "two"):
            new_keys(tmp_path / "keys", name)
        new_keys(tmp_path / "strangers", "three")
        return tmp_path / "keys"

    @pytest.fixture
    def signed(self, keys: Path, tmp_path: Path, make: MakeBundle) -> BundleStore:
        """A store whose third version, signed by `one`, serves."""
        store = BundleStore(tmp_path / "models", TrustedKeys.read(keys))
        store.install(sign(make(3), PrivateKey.read(keys / "one.key")).parent, activate=True)
        return store

    def test_each_trusted_key_signs(self, signed: BundleStore, keys: Path, make: MakeBundle) -> None:
        name = signed.install(sign(make(4), PrivateKey.read(keys / "two.key")).parent, activate=True)
        assert serving(signed) == 4
        assert signed.signer(signed.root / name) == "two"

    def test_no_signature(self, signed: BundleStore, make: MakeBundle) -> None:
        assert "is not signed: it holds no manifest.sig" in refusal(signed, make(4))

    def test_a_strangers_signature(self, signed: BundleStore, make: MakeBundle, tmp_path: Path) -> None:
        stranger = PrivateKey.read(tmp_path / "strangers" / "three.key")
        sentence = refusal(signed, sign(make(4), stranger).parent)
        assert f"{stranger.id} (three), which is not among those of {tmp_path / 'keys'}" in sentence

    def test_a_signature_under_a_trusted_keys_number(
        self, signed: BundleStore, keys: Path, make: MakeBundle, tmp_path: Path
    ) -> None:
        bundle = sign(make(4), PrivateKey.read(tmp_path / "strangers" / "three.key")).parent
        claimed = json.loads((bundle / "manifest.sig").read_text())
        claimed |= {"key_id": PrivateKey.read(keys / "one.key").id}
        (bundle / "manifest.sig").write_text(json.dumps(claimed))
        assert "is not that of its manifest.json" in refusal(signed, bundle)

    def test_a_manifest_that_was_changed_after_it_was_signed(
        self, signed: BundleStore, keys: Path, make: MakeBundle
    ) -> None:
        bundle = sign(make(4), PrivateKey.read(keys / "one.key")).parent
        assert "is not that of its manifest.json" in refusal(signed, change_manifest(bundle, version=5))

    @pytest.mark.parametrize("content", [b"", b"\xff\x00", b"{}", b'{"format": 1, "key_id": "no"}'])
    def test_a_damaged_signature(self, signed: BundleStore, make: MakeBundle, content: bytes) -> None:
        bundle = make(4)
        (bundle / "manifest.sig").write_bytes(content)
        assert "manifest.sig is damaged" in refusal(signed, bundle)

    @pytest.mark.parametrize("by", ["name", "number", "removed"])
    def test_a_revoked_key(self, signed: BundleStore, keys: Path, make: MakeBundle, by: str) -> None:
        key = PrivateKey.read(keys / "two.key")
        bundle = sign(make(4), key).parent
        if by == "removed":
            (keys / "two.pub").unlink()
        else:
            (keys / "revoked").write_text(f"# lost in a train\n{key.id if by == 'number' else 'two'}  # this one\n")
        now = BundleStore(signed.root, TrustedKeys.read(keys))
        assert ("which is not among" if by == "removed" else "which is revoked") in refusal(now, bundle)

    def test_a_revoked_keys_bundle_is_not_gone_back_to(self, signed: BundleStore, keys: Path, make: MakeBundle) -> None:
        signed.install(sign(make(4), PrivateKey.read(keys / "two.key")).parent, activate=True)
        (keys / "revoked").write_text("one\n")
        assert BundleStore(signed.root, TrustedKeys.read(keys)).rollback("it reads nothing") is None

    def test_signed_anew_by_another_key(self, signed: BundleStore, keys: Path) -> None:
        current = signed.current()
        assert current is not None
        again = sign(Path(shutil.copytree(current, keys / "again")), PrivateKey.read(keys / "two.key")).parent
        assert signed.install(again) == current.name
        assert signed.signer(current) == "two"

    def test_unreadable_keys_are_trust_in_none(self, tmp_path: Path) -> None:
        with pytest.raises(BundleRefused, match="none is trusted"):
            TrustedKeys.read(tmp_path / "nowhere")

    def test_a_file_that_is_no_key_is_told_and_the_others_hold(self, keys: Path) -> None:
        (keys / "letter.pub").write_text("dear reader")
        trusted = TrustedKeys.read(keys)
        assert [key.name for key in trusted.trusted] == ["one", "two"]
        assert "letter.pub is no public key" in trusted.unusable[0]

    def test_nothing_is_opened_by_the_runtime_before_it_is_trusted(
        self, signed: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def opened(*_: object) -> str:
            raise AssertionError("it was opened")

        monkeypatch.setattr("models.store.try_reading", opened)
        assert "is not signed" in refusal(signed, make(4))
