from pathlib import Path

import pytest

from deploy.image.card_settings import CARD, TEMPLATE, parse, take_over

PROJECT = Path(__file__).parents[3]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeFakeFakeFakeFake somebody@laptop"
WIFI_FILE = "etc/wpa_supplicant/wpa_supplicant-wlan0.conf"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the root file system of a device as the image lays it out, as far as settings touch it."""
    overlay = PROJECT / "deploy/image/overlay"
    for name in ("etc/hosts", "etc/hostname", str(TEMPLATE)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((overlay / name).read_bytes())
    for name in ("etc/wpa_supplicant", "boot/firmware", "root"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / CARD).write_bytes((overlay / TEMPLATE).read_bytes())
    return tmp_path


def write(root: Path, *lines: str, end: str = "\n") -> None:
    """Write lines into the card's file below what stands there, as a person does."""
    with (root / CARD).open("ab") as file:
        file.write("".join(f"{line}{end}" for line in lines).encode())


def said(root: Path) -> str:
    """Return what the card's file says below its template."""
    return (root / CARD).read_text().removeprefix((root / TEMPLATE).read_text())


def test_untouched_file_changes_nothing(root: Path) -> None:
    settings, done = take_over(root)
    assert (settings.faults, done, said(root)) == ([], [], "")
    assert (root / "etc/hostname").read_text() == "ishara\n"
    assert not (root / WIFI_FILE).exists()
    assert not (root / "root/.ssh").exists()


def test_settings_are_taken_over_and_leave_the_card(root: Path) -> None:
    write(
        root, "Name = Kitchen-2", "wifi = شبكة البيت", "wifi-password = correct horse", "wifi-country = jo", end="\r\n"
    )
    write(root, f"ssh-key = {KEY}", end="\r\n")
    settings, _ = take_over(root)
    assert settings.faults == []
    assert (root / "etc/hostname").read_text() == "kitchen-2\n"
    assert "127.0.1.1 kitchen-2\n" in (root / "etc/hosts").read_text()
    assert (root / "root/.ssh/authorized_keys").read_text() == f"{KEY}\n"
    assert (root / "root/.ssh/authorized_keys").stat().st_mode & 0o777 == 0o600
    assert "correct horse" not in (root / CARD).read_text()
    assert all(line.startswith("#") for line in said(root).split("\n") if line)


def test_wifi_gets_the_key_that_wpa_passphrase_computes(root: Path) -> None:
    write(root, "wifi = IEEE", "wifi-password = password")  # the example of IEEE 802.11, annex J.4
    take_over(root)
    text = (root / WIFI_FILE).read_text()
    assert "psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e\n" in text
    assert f"ssid={b'IEEE'.hex()}\n" in text
    assert (root / WIFI_FILE).stat().st_mode & 0o777 == 0o600


def test_open_network_is_joined_without_a_key(root: Path) -> None:
    write(root, "wifi = Café")
    take_over(root)
    assert "key_mgmt=NONE" in (root / WIFI_FILE).read_text()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("wifi-password = short", "8 to 63"),
        ("name = living room", "hyphens"),
        ("wifi-country = Jordan", "two letters"),
        ("ssh-key = -----BEGIN OPENSSH PRIVATE KEY-----", "no public key"),
        ("wlan = Home", "the keys are name, wifi"),
        ("just a sentence", "the keys are name, wifi"),
    ],
)
def test_line_that_cannot_be_used_is_explained_on_the_card_but_not_repeated(root: Path, line: str, reason: str) -> None:
    write(root, line)
    take_over(root)
    assert reason in said(root)
    assert line.rpartition("= ")[2] not in said(root)


def test_network_whose_password_was_refused_is_not_taken_for_an_open_one(root: Path) -> None:
    write(root, "wifi = Home", "wifi-password = short")
    take_over(root)
    assert not (root / WIFI_FILE).exists()


def test_keys_of_ssh_are_added_and_each_stands_once(root: Path) -> None:
    other = KEY.replace("Fake", "Else")
    for lines in ([KEY], [KEY, other]):
        write(root, *(f"ssh-key = {key}" for key in lines))
        take_over(root)
    assert (root / "root/.ssh/authorized_keys").read_text().splitlines() == [KEY, other]


def test_file_that_was_deleted_comes_back(root: Path) -> None:
    (root / CARD).unlink()
    take_over(root)
    assert said(root) == ""


def test_any_bytes_are_read() -> None:
    assert parse(b"\xff\xfe\x00= \x00\n=\n").faults
