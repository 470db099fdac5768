"""With trusted keys, only bundles signed by one of them are installed or opened."""

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import BundleRefused
from models.keys import PrivateKey, generate_keys
from models.signature import TrustedKeys, sign
from models.store import BundleStore
from tests.models.stock import MakeBundle, active_version, change_manifest, refusal

pytestmark = pytest.mark.usefixtures("without_smoke_test")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with the trusted keys `one` and `two`; the key `three` is in another folder."""
    for name in ("one", "two"):
        generate_keys(tmp_path / "keys", name)
    generate_keys(tmp_path / "strangers", "three")
    return tmp_path / "keys"


@pytest.fixture
def signed(keys: Path, tmp_path: Path, make: MakeBundle) -> BundleStore:
    """A store whose active bundle has version 3 and is signed by `one`."""
    store = BundleStore(tmp_path / "models", TrustedKeys.read(keys))
    store.install(sign(make(3), PrivateKey.read(keys / "one.key")).parent, activate=True)
    return store


def test_bundle_signed_by_any_trusted_key_is_installed(signed: BundleStore, keys: Path, make: MakeBundle) -> None:
    name = signed.install(sign(make(4), PrivateKey.read(keys / "two.key")).parent, activate=True)
    assert active_version(signed) == 4
    assert signed.signer(signed.root / name) == "two"


def test_unsigned_bundle_is_refused(signed: BundleStore, make: MakeBundle) -> None:
    assert "is not signed: it contains no manifest.sig" in refusal(signed, make(4))


def test_signature_of_an_untrusted_key_is_refused(signed: BundleStore, make: MakeBundle, tmp_path: Path) -> None:
    stranger = PrivateKey.read(tmp_path / "strangers" / "three.key")
    sentence = refusal(signed, sign(make(4), stranger).parent)
    assert f"{stranger.id} (three), which is not among those of {tmp_path / 'keys'}" in sentence


def test_signature_that_claims_a_trusted_keys_id_is_refused(
    signed: BundleStore, keys: Path, make: MakeBundle, tmp_path: Path
) -> None:
    bundle = sign(make(4), PrivateKey.read(tmp_path / "strangers" / "three.key")).parent
    claimed = json.loads((bundle / "manifest.sig").read_text())
    claimed |= {"key_id": PrivateKey.read(keys / "one.key").id}
    (bundle / "manifest.sig").write_text(json.dumps(claimed))
    assert "does not match its manifest.json" in refusal(signed, bundle)


def test_manifest_changed_after_signing_is_refused(signed: BundleStore, keys: Path, make: MakeBundle) -> None:
    bundle = sign(make(4), PrivateKey.read(keys / "one.key")).parent
    assert "does not match its manifest.json" in refusal(signed, change_manifest(bundle, version=5))


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"{}", b'{"format": 1, "key_id": "no"}'])
def test_damaged_signature_is_refused(signed: BundleStore, make: MakeBundle, content: bytes) -> None:
    bundle = make(4)
    (bundle / "manifest.sig").write_bytes(content)
    assert "manifest.sig is damaged" in refusal(signed, bundle)


@pytest.mark.parametrize("by", ["name", "id", "removed"])
def test_revoked_key_is_refused(signed: BundleStore, keys: Path, make: MakeBundle, by: str) -> None:
    key = PrivateKey.read(keys / "two.key")
    bundle = sign(make(4), key).parent
    if by == "removed":
        (keys / "two.pub").unlink()
    else:
        (keys / "revoked").write_text(f"# lost\n{key.id if by == 'id' else 'two'}  # this one\n")
    updated = BundleStore(signed.root, TrustedKeys.read(keys))
    assert ("which is not among" if by == "removed" else "which is revoked") in refusal(updated, bundle)


def test_rollback_skips_a_bundle_of_a_revoked_key(signed: BundleStore, keys: Path, make: MakeBundle) -> None:
    signed.install(sign(make(4), PrivateKey.read(keys / "two.key")).parent, activate=True)
    (keys / "revoked").write_text("one\n")
    assert BundleStore(signed.root, TrustedKeys.read(keys)).rollback("it recognises nothing") is None


def test_installation_with_another_signature_updates_it(signed: BundleStore, keys: Path) -> None:
    current = signed.current()
    assert current is not None
    resigned = sign(Path(shutil.copytree(current, keys / "again")), PrivateKey.read(keys / "two.key")).parent
    assert signed.install(resigned) == current.name
    assert signed.signer(current) == "two"


def test_no_key_is_trusted_when_the_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="none is trusted"):
        TrustedKeys.read(tmp_path / "nowhere")


def test_file_that_is_not_a_key_is_reported_and_others_are_trusted(keys: Path) -> None:
    (keys / "letter.pub").write_text("dear reader")
    trusted = TrustedKeys.read(keys)
    assert [key.name for key in trusted.trusted] == ["one", "two"]
    assert "letter.pub is not a public key" in trusted.unusable[0]


def test_untrusted_bundle_is_never_run(signed: BundleStore, make: MakeBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise AssertionError("it was run")

    monkeypatch.setattr("models.transactions.run_smoke_test", fail)
    assert "is not signed" in refusal(signed, make(4))
