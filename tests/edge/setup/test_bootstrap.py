"""The configuration of set-up mode: code, certificate, camera and screen."""

import errno
import os
import re
import socket
import ssl
from pathlib import Path

import pytest

from edge.config import ConfigInvalid
from edge.config.loading import load_config
from edge.settings.location import INVITATION, UNSAVED
from edge.setup import bootstrap, invitation
from edge.setup.bootstrap import SetupWebConfig, setup_config
from edge.setup.certificate import fingerprint, own_certificate
from edge.setup.invitation import Invitation
from edge.sinks.web.setup_code import ALPHABET, LENGTH, grouped, new_code, normalise

CAMERAS = (
    '[{"source": "/dev/video0", "name": "In a call", "kind": "usb", "is_busy": true}, '
    '{"source": "picamera:0", "name": "Camera Module 3", "kind": "ribbon"}]'
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ishara"


def web_of_setup(state: Path) -> SetupWebConfig:
    web = setup_config(state, os.environ).web
    assert isinstance(web, SetupWebConfig)
    return web


def test_code_has_40_bits_and_no_character_that_looks_like_another() -> None:
    assert len(ALPHABET) ** LENGTH > 2**40
    assert not set("01OILU") & set(ALPHABET)
    assert len({new_code() for _ in range(50)}) == 50
    assert re.fullmatch("[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{3}", grouped(new_code()))


@pytest.mark.parametrize("typed", ["k7q-m3f-xp9", " K7Q M3F XP9 ", "K٧Q-M٣F-XP٩", "k7qm3fxp9"])
def test_code_is_read_as_people_type_it(typed: str) -> None:
    assert normalise(typed) == "K7QM3FXP9"


def test_page_speaks_tls_on_all_addresses_and_its_token_is_the_code(state: Path) -> None:
    web = web_of_setup(state)
    assert (web.address, web.port, web.view, web.visitors) == ("0.0.0.0", 8300, "picture", 0)
    assert web.certificate_file == state / "page-certificate.pem"
    assert len(web.read_token()) == LENGTH
    assert all(url.startswith("https://") and url.endswith(":8300/setup") for url in web.invitation.urls)
    assert web.invitation.urls[-1].endswith(".local:8300/setup")
    assert grouped(web.read_token()) in web.announcement
    assert web.invitation.fingerprint in web.announcement
    assert web.read_token() not in repr(web)
    assert web.read_token() not in setup_config(state, os.environ).model_dump_json()


def test_code_and_certificate_stay_over_restarts_and_the_code_changes_with_a_reboot(
    state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = web_of_setup(state)
    assert web_of_setup(state).invitation == first.invitation
    (tmp_path / "boot_id").write_text("another boot\n")
    monkeypatch.setattr(invitation, "_BOOT", tmp_path / "boot_id")
    second = web_of_setup(state)
    assert second.read_token() != first.read_token()
    assert second.invitation.fingerprint == first.invitation.fingerprint
    assert Invitation.read(state) == second.invitation


def test_secrets_are_for_the_owner_alone(state: Path) -> None:
    web_of_setup(state)
    for file in (state / "page-certificate.pem", state / INVITATION):
        assert file.stat().st_mode & 0o077 == 0


def test_damaged_certificate_is_made_again(state: Path) -> None:
    path = own_certificate(state, "entrance", ["192.0.2.7"])
    before = fingerprint(path)
    path.write_bytes(path.read_bytes()[:100])
    assert fingerprint(own_certificate(state, "entrance", ["192.0.2.7"])) != before
    names = ssl._ssl._test_decode_cert(str(path))["subjectAltName"]  # type: ignore[attr-defined]
    assert ("DNS", "entrance.local") in names
    assert ("IP Address", "192.0.2.7") in names


def test_settings_that_are_not_saved_yet_are_used_but_for_the_broker(state: Path) -> None:
    state.mkdir(parents=True)
    (state / UNSAVED).write_text(
        'device = "ward-3"\n[camera]\nsource = "/dev/video7"\n[captions]\ntheme = "light"\n[mqtt]\nhost = "broker"\n'
        "[web]\nport = 8443\n"
    )
    config = setup_config(state, os.environ)
    assert (config.device, config.camera.source.get_secret_value()) == ("ward-3", "/dev/video7")
    assert config.captions is not None
    assert config.captions.theme == "light"
    assert config.mqtt is None
    assert config.web is not None
    assert (config.web.port, config.web.is_setup) == (8443, True)


def test_setup_begins_with_the_first_camera_and_the_name_of_the_host(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "run_check", lambda *_, **__: CAMERAS)
    monkeypatch.setattr(bootstrap, "host_name", lambda: "ward-3")
    monkeypatch.setattr(bootstrap, "connected_screens", lambda: frozenset[str]())
    config = setup_config(state, os.environ)
    assert config.device == "ward-3"
    assert config.camera.source.get_secret_value() == "picamera:0"
    assert config.captions is not None  # a screen may be plugged in later
    saved = load_config(state / UNSAVED, os.environ)
    assert saved.web is not None
    assert (saved.web.address, saved.web.certificate_file) == ("0.0.0.0", state / "page-certificate.pem")


@pytest.mark.parametrize("answer", [None, "", "[]", "no JSON", '[{"source": 7}]'])
def test_setup_begins_without_a_camera_and_with_a_search_that_fails(
    answer: str | None, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "run_check", lambda *_, **__: answer)
    assert setup_config(state, os.environ).camera.source.get_secret_value() == "/dev/video0"


def test_full_disk_leaves_nothing_that_keeps_the_device_from_beginning(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        with pytest.raises(ConfigInvalid, match="No space left on device"):
            setup_config(state, os.environ)
    assert not list(state.glob("*"))
    assert setup_config(state, os.environ).web is not None


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("ward-3.example.org", "ward-3"),
        ("مستشفى", "ishara"),
        ("My Pi!", "My-Pi"),
        ("localhost", "ishara"),
        ("-" + 62 * "a" + "-b", 62 * "a"),
        ("", "ishara"),
    ],
)
def test_name_of_the_host_becomes_one_that_a_device_may_have(
    host: str, name: str, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    config = setup_config(state, os.environ)
    assert config.device == name
    assert config.web is not None


def test_models_must_be_signed_where_provisioning_has_left_keys(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = state.parent / "keys"
    keys.mkdir(parents=True)
    monkeypatch.setattr(bootstrap, "_TRUSTED_KEYS", keys)
    assert setup_config(state, os.environ).model.trusted_keys is None
    (state / UNSAVED).unlink()
    (keys / "ishara.pub").write_text("")
    assert setup_config(state, os.environ).model.trusted_keys == keys
