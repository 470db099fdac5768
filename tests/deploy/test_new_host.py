"""A device that is not in the inventory yet, behind a real sshd: what is asked, trusted and written."""

import argparse
import getpass
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.arguments import read
from deploy.connection import connected
from deploy.host_keys import HostNotTrusted
from deploy.inventory import InventoryInvalid, load_inventory
from deploy.new_host import LoginRefused, known_host
from deploy.prompts import NobodyToAsk, Prompts
from tests.deploy.sshd import Sshd, make_key, running

SCRIPT = Prompts(assume_defaults=True)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running(tmp_path_factory.mktemp("sshd")) as daemon:
        yield daemon


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without keys and known hosts, in an empty folder."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


def fingerprint(sshd: Sshd) -> str:
    command = ["ssh-keygen", "-l", "-f", str(sshd.folder / "host.pub")]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.split()[1]


def options(sshd: Sshd, folder: Path, *more: str, key: Path | None = None) -> argparse.Namespace:
    login = ["--port", str(sshd.port), "--ssh-key", str(key or sshd.key)]
    host = f"{getpass.getuser()}@127.0.0.1"
    return read(["provision", host, *login, "--inventory", str(folder / "fleet.toml"), *more])


def test_a_new_host_is_taken_into_a_new_inventory_with_keys_of_its_own(sshd: Sshd, home: Path) -> None:
    chosen = options(sshd, home, "--accept-host-key", fingerprint(sshd), "--name", "entrance")
    assert known_host(chosen, SCRIPT).name == "entrance"
    inventory = load_inventory(home / "fleet.toml")
    (entry,) = inventory.entries()
    assert (entry.address, entry.port, entry.ssh_key, entry.config) == ("127.0.0.1", sshd.port, sshd.key, None)
    assert [path.name for path in inventory.trusted_keys] == ["ishara.pub"]
    assert (home / "ishara.key").stat().st_mode & 0o777 == 0o600
    with connected(inventory, [entry]) as connections:
        assert not connections.failures
    before = {path: path.read_bytes() for path in home.iterdir() if path.is_file()}
    again = read(["provision", "entrance", "--inventory", str(home / "fleet.toml")])
    assert known_host(again, SCRIPT).name == "entrance"
    assert {path: path.read_bytes() for path in home.iterdir() if path.is_file()} == before


def test_an_inventory_that_is_there_keeps_its_comments_and_keys(sshd: Sshd, home: Path) -> None:
    text = '# ours\ntrusted_keys = []\n[hosts.hall] # the big one\naddress = "192.0.2.1"\nuser = "root"\n'
    (home / "fleet.toml").write_text(text)
    name = known_host(options(sshd, home, "--accept-host-key", "new"), SCRIPT).name
    written = (home / "fleet.toml").read_text()
    assert written.startswith(text)
    assert [entry.host for entry in load_inventory(home / "fleet.toml").entries()] == ["hall", name]
    assert not (home / "ishara.key").exists()
    assert "127.0.0.1" in (home / "home/.ssh/known_hosts").read_text()


@pytest.mark.parametrize("accepted", [(), ("--accept-host-key", "SHA256:" + "A" * 43)])
def test_a_host_whose_key_nobody_knows_gets_nothing(sshd: Sshd, home: Path, accepted: tuple[str, ...]) -> None:
    with pytest.raises((HostNotTrusted, NobodyToAsk), match=r"not SHA256:AAA|nobody to ask"):
        known_host(options(sshd, home, *accepted), SCRIPT)
    assert [path.name for path in home.iterdir()] == ["home"]


def test_a_key_that_openssh_knows_is_trusted_and_a_changed_one_never(sshd: Sshd, home: Path) -> None:
    known = home / "home/.ssh/known_hosts"
    known.parent.mkdir()
    known.write_text(sshd.known_hosts.read_text())
    known_host(options(sshd, home), SCRIPT)
    assert sshd.known_hosts.read_text().removesuffix(" test\n") in (home / "known_hosts").read_text()
    other = make_key(home / "other").with_suffix(".pub").read_text()
    (home / "fleet.toml").unlink()
    (home / "known_hosts").write_text(f"[127.0.0.1]:{sshd.port} {other}")
    known.unlink()
    with pytest.raises(HostNotTrusted, match="shows another host key"):
        known_host(options(sshd, home, "--accept-host-key", fingerprint(sshd)), SCRIPT)


def test_a_refused_key_says_what_scripts_can_give_and_leaves_no_inventory(sshd: Sshd, home: Path) -> None:
    stranger = make_key(home / "stranger")
    with pytest.raises(LoginRefused, match="--password-file"):
        known_host(options(sshd, home, "--accept-host-key", "new", key=stranger), SCRIPT)
    assert not (home / "fleet.toml").exists()
    with pytest.raises(InventoryInvalid, match="is not in the inventory"):
        known_host(options(sshd, home, "--dry-run"), SCRIPT)


def test_a_person_sees_the_fingerprint_and_is_asked_once(
    sshd: Sshd, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["", "no", "", "yes"])
    monkeypatch.setattr("builtins.input", lambda: next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    with pytest.raises(HostNotTrusted, match="is not trusted"):
        known_host(options(sshd, home), Prompts())
    assert fingerprint(sshd) in capsys.readouterr().err
    assert known_host(options(sshd, home), Prompts()).name == "127-0-0-1"


def test_two_names_for_one_address_are_refused_in_a_sentence(sshd: Sshd, home: Path) -> None:
    (home / "fleet.toml").write_text('[hosts.hall]\naddress = "192.0.2.1"\nuser = "root"\n')
    before = (home / "fleet.toml").read_text()
    with pytest.raises(InventoryInvalid):
        known_host(options(sshd, home, "--accept-host-key", "new", "--name", "hall"), SCRIPT)
    assert (home / "fleet.toml").read_text() == before
