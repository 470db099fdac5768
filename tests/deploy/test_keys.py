"""`ishara-deploy keys` and `sign` on the command line."""

import shutil
import stat
from pathlib import Path

import pytest

from deploy.__main__ import main
from models.signature import TrustedKeys
from tests.edge.tiny_bundle import write_bundle


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    capsys.readouterr()
    assert main([str(one) for one in arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


def test_new_key_is_private_and_its_signature_is_trusted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", "--to", str(tmp_path / "keys"), "--name", "workshop"]) == 0
    private, public = tmp_path / "keys" / "workshop.key", tmp_path / "keys" / "workshop.pub"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "PRIVATE" not in public.read_text()
    bundle = write_bundle(tmp_path / "tiny")
    assert main(["sign", str(bundle), "--key", str(private)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("signed tiny@3 with the key workshop")
    (tmp_path / "device").mkdir()
    shutil.copy(public, tmp_path / "device")
    assert TrustedKeys.read(tmp_path / "device").verify(bundle).name == "workshop"


def test_keys_are_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", "--to", str(tmp_path)]) == 0
    content = (tmp_path / "ishara.key").read_bytes()
    assert "never overwritten" in refusal(capsys, "keys", "new", "--to", tmp_path)
    (tmp_path / "ishara.key").rename(tmp_path / "kept.key")
    assert "never overwritten" in refusal(capsys, "keys", "new", "--to", tmp_path)
    assert (tmp_path / "kept.key").read_bytes() == content
    assert not (tmp_path / "ishara.key").exists()


@pytest.mark.parametrize("name", ["", "../elsewhere", "مفتاح", "two words"])
def test_invalid_key_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert "cannot be called" in refusal(capsys, "keys", "new", "--to", tmp_path / "keys", "--name", name)
    assert not (tmp_path / "keys").exists()


def test_unusable_key_or_bundle_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", "--to", str(tmp_path)]) == 0
    bundle, key = write_bundle(tmp_path / "tiny"), tmp_path / "ishara.key"
    assert "cannot be read" in refusal(capsys, "sign", bundle, "--key", tmp_path / "none.key")
    assert "is not a private key" in refusal(capsys, "sign", bundle, "--key", tmp_path / "ishara.pub")
    assert "is no bundle" in refusal(capsys, "sign", tmp_path, "--key", key)
    (bundle / "labels.json").write_text("[]")
    assert "labels.json" in refusal(capsys, "sign", bundle, "--key", key)
    assert not (bundle / "manifest.sig").exists()
