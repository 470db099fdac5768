from pathlib import Path

import pytest

from edge.config import ConfigInvalid, WebConfig, section
from edge.config.loading import load_config
from tests.edge.config.refusal import refusal


def settings_with_password(path: Path) -> dict[str, str]:
    return {"ISHARA_MQTT_HOST": "h", "ISHARA_MQTT_USERNAME": "u", "ISHARA_MQTT_PASSWORD_FILE": str(path)}


def test_password_is_the_content_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret words\n")
    config = load_config(None, settings_with_password(tmp_path / "password"))
    assert config.mqtt is not None
    assert config.mqtt.read_password() == "secret words"
    assert "secret" not in config.model_dump_json()


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfsecret words\r\n", b"secret words\r\n\r\n", b"secret words", b"\nsecret words\n"]
)
def test_secrets_may_come_from_any_editor(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "password").write_bytes(content)
    config = load_config(None, settings_with_password(tmp_path / "password"))
    assert config.mqtt is not None
    assert config.mqtt.read_password() == "secret words"
    (tmp_path / "token").write_bytes(content.replace(b" words", b"-0123456789"))
    assert WebConfig(token_file=tmp_path / "token").read_token() == "secret-0123456789"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        ("secret".encode("utf-16"), "UTF-16; save it as UTF-8"),
        ("secret".encode("utf-16-le"), "UTF-16; save it as UTF-8"),
        (b"se\xe9cret", "not UTF-8; save it as UTF-8"),
    ],
)
def test_unreadable_password_file_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    config = load_config(None, settings_with_password(path))
    assert config.mqtt is not None
    with pytest.raises(ConfigInvalid, match=r"mqtt\.password_file") as refused:
        config.mqtt.read_password()
    assert str(path) in str(refused.value)
    assert reason in str(refused.value)


def test_credential_is_found_where_systemd_puts_it(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text("secret words\n")
    settings = settings_with_password(Path("mqtt-password"))
    config = load_config(None, settings | {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.mqtt is not None
    assert config.mqtt.password_file == tmp_path / "mqtt-password"
    assert config.mqtt.read_password() == "secret words"
    elsewhere = load_config(None, settings | {"CREDENTIALS_DIRECTORY": str(tmp_path / "empty")})
    assert elsewhere.mqtt is not None
    assert elsewhere.mqtt.password_file == Path("mqtt-password")


def test_command_of_root_finds_the_credential_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(section, "_CREDENTIAL_STORE", tmp_path / "credstore")
    (tmp_path / "credstore").mkdir()
    (tmp_path / "credstore" / "ishara.mqtt-password").write_text("of the service")
    settings = {"ISHARA_MQTT_HOST": "h", "ISHARA_MQTT_USERNAME": "u", "ISHARA_MQTT_PASSWORD_FILE": "mqtt-password"}
    mqtt = load_config(None, settings).mqtt
    assert mqtt is not None
    assert mqtt.read_password() == "of the service"
    (tmp_path / "mqtt-password").write_text("of this folder")
    mqtt = load_config(None, settings).mqtt
    assert mqtt is not None
    assert mqtt.read_password() == "of this folder"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7", "entrance.local"])
def test_live_page_that_other_machines_reach_needs_a_token(address: str) -> None:
    assert "needs a token_file" in refusal(None, ISHARA_WEB_ADDRESS=address)
    config = load_config(None, {"ISHARA_WEB_ADDRESS": address, "ISHARA_WEB_TOKEN_FILE": "token"})
    assert config.web is not None
    assert str(config.web.token_file) == "token"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_live_page_for_this_machine_needs_no_token(address: str) -> None:
    assert load_config(None, {"ISHARA_WEB_ADDRESS": address}).web is not None


@pytest.mark.parametrize("token", ["", "short", "with a space in it", "أطول من ستة عشر حرفا"])
def test_weak_token_is_refused(token: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token)
    with pytest.raises(ConfigInvalid, match="at least 16 letters and digits"):
        WebConfig(token_file=tmp_path / "token").read_token()
