"""Where keys are trusted, only what is signed by one of them is taken in or read."""

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import BundleRefused
from models.keys import PrivateKey, generate_keys
from models.signature import TrustedKeys, sign
from models.store import BundleStore
from tests.models.stock import MakeBundle, change_manifest, refusal, serving


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network is tried: tests/models/test_smoke.py does that."""
    monkeypatch.setattr("models.store.run_smoke_test", lambda *_: "")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with the keys `one` and `two`; a third one is trusted by nobody."""
    for name in ("one", "two"):
        generate_keys(tmp_path / "keys", name)
    generate_keys(tmp_path / "strangers", "three")
    return tmp_path / "keys"


@pytest.fixture
def signed(keys: Path, tmp_path: Path, make: MakeBundle) -> BundleStore:
    """A store whose third version, signed by `one`, serves."""
    store = BundleStore(tmp_path / "models", TrustedKeys.read(keys))
    store.install(sign(make(3), PrivateKey.read(keys / "one.key")).parent, activate=True)
    return store


def test_each_trusted_key_signs(signed: BundleStore, keys: Path, make: MakeBundle) -> None:
    name = signed.install(sign(make(4), PrivateKey.read(keys / "two.key")).parent, activate=True)
    assert serving(signed) == 4
    assert signed.signer(signed.root / name) == "two"


def test_no_signature(signed: BundleStore, make: MakeBundle) -> None:
    assert "is not signed: it holds no manifest.sig" in refusal(signed, make(4))


def test_a_strangers_signature(signed: BundleStore, make: MakeBundle, tmp_path: Path) -> None:
    stranger = PrivateKey.read(tmp_path / "strangers" / "three.key")
    sentence = refusal(signed, sign(make(4), stranger).parent)
    assert f"{stranger.id} (three), which is not among those of {tmp_path / 'keys'}" in sentence


def test_a_signature_under_a_trusted_keys_number(
    signed: BundleStore, keys: Path, make: MakeBundle, tmp_path: Path
) -> None:
    bundle = sign(make(4), PrivateKey.read(tmp_path / "strangers" / "three.key")).parent
    claimed = json.loads((bundle / "manifest.sig").read_text())
    claimed |= {"key_id": PrivateKey.read(keys / "one.key").id}
    (bundle / "manifest.sig").write_text(json.dumps(claimed))
    assert "is not that of its manifest.json" in refusal(signed, bundle)


def test_a_manifest_that_was_changed_after_it_was_signed(signed: BundleStore, keys: Path, make: MakeBundle) -> None:
    bundle = sign(make(4), PrivateKey.read(keys / "one.key")).parent
    assert "is not that of its manifest.json" in refusal(signed, change_manifest(bundle, version=5))


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"{}", b'{"format": 1, "key_id": "no"}'])
def test_a_damaged_signature(signed: BundleStore, make: MakeBundle, content: bytes) -> None:
    bundle = make(4)
    (bundle / "manifest.sig").write_bytes(content)
    assert "manifest.sig is damaged" in refusal(signed, bundle)


@pytest.mark.parametrize("by", ["name", "number", "removed"])
def test_a_revoked_key(signed: BundleStore, keys: Path, make: MakeBundle, by: str) -> None:
    key = PrivateKey.read(keys / "two.key")
    bundle = sign(make(4), key).parent
    if by == "removed":
        (keys / "two.pub").unlink()
    else:
        (keys / "revoked").write_text(f"# lost in a train\n{key.id if by == 'number' else 'two'}  # this one\n")
    now = BundleStore(signed.root, TrustedKeys.read(keys))
    assert ("which is not among" if by == "removed" else "which is revoked") in refusal(now, bundle)


def test_a_revoked_keys_bundle_is_not_gone_back_to(signed: BundleStore, keys: Path, make: MakeBundle) -> None:
    signed.install(sign(make(4), PrivateKey.read(keys / "two.key")).parent, activate=True)
    (keys / "revoked").write_text("one\n")
    assert BundleStore(signed.root, TrustedKeys.read(keys)).rollback("it reads nothing") is None


def test_signed_anew_by_another_key(signed: BundleStore, keys: Path) -> None:
    current = signed.current()
    assert current is not None
    again = sign(Path(shutil.copytree(current, keys / "again")), PrivateKey.read(keys / "two.key")).parent
    assert signed.install(again) == current.name
    assert signed.signer(current) == "two"


def test_unreadable_keys_are_trust_in_none(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="none is trusted"):
        TrustedKeys.read(tmp_path / "nowhere")


def test_a_file_that_is_no_key_is_told_and_the_others_hold(keys: Path) -> None:
    (keys / "letter.pub").write_text("dear reader")
    trusted = TrustedKeys.read(keys)
    assert [key.name for key in trusted.trusted] == ["one", "two"]
    assert "letter.pub is no public key" in trusted.unusable[0]


def test_nothing_is_opened_by_the_runtime_before_it_is_trusted(
    signed: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_: object) -> str:
        raise AssertionError("it was opened")

    monkeypatch.setattr("models.store.run_smoke_test", opened)
    assert "is not signed" in refusal(signed, make(4))
