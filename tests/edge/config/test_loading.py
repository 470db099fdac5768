import json
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from edge.__main__ import main
from edge.config import CaptionsConfig, EdgeConfig
from edge.config.loading import load_config
from tests.edge.config.refusal import refusal, write_config

WHOLE = """
device = "entrance"
health_every_s = 5.0

[camera]
source = "/dev/video2"

[rate]
idle_after_s = 3.0
idle_stride_s = 0.1
hot_at_c = 70.0
measure_every_s = 10.0

[model]
folder = "/srv/models/karsl-230"
threshold = 0.7

[mqtt]
host = "broker.example"
tls = true
port = 8884
ca_file = "/etc/ishara/ca.pem"
certificate_file = "/etc/ishara/device.pem"
key_file = "/etc/ishara/device.key"
username = "entrance"
password_file = "/etc/ishara/password"
protocol = "3.1.1"
keepalive_s = 60
outbox = "/srv/outbox.sqlite3"
outbox_words = 500
hold_after_reconnect_s = 20.0
discovery = false
discovery_prefix = "ha/found"
trigger_words = [182, "ألم"]
choose_model = false
snapshot = "skeleton"
"""


def test_defaults_use_the_first_camera_and_publish_nothing() -> None:
    config = load_config(None, {})
    assert config == EdgeConfig()
    assert (config.device, str(config.camera.source), config.mqtt) == ("ishara", "/dev/video0", None)
    assert config.model.folder is None


def test_file_sets_every_key(tmp_path: Path) -> None:
    config = load_config(write_config(tmp_path, WHOLE), {})
    assert (config.device, config.health_every_s, str(config.camera.source)) == ("entrance", 5.0, "/dev/video2")
    assert config.rate.model_dump() == {
        "idle_after_s": 3.0,
        "idle_stride_s": 0.1,
        "hot_at_c": 70.0,
        "measure_every_s": 10.0,
    }
    assert (config.model.folder, config.model.threshold) == (Path("/srv/models/karsl-230"), 0.7)
    assert config.mqtt is not None
    assert config.mqtt.model_dump() == {
        "host": "broker.example",
        "tls": True,
        "port": 8884,
        "ca_file": Path("/etc/ishara/ca.pem"),
        "certificate_file": Path("/etc/ishara/device.pem"),
        "key_file": Path("/etc/ishara/device.key"),
        "username": "entrance",
        "password_file": Path("/etc/ishara/password"),
        "protocol": "3.1.1",
        "keepalive_s": 60,
        "outbox": Path("/srv/outbox.sqlite3"),
        "outbox_words": 500,
        "hold_after_reconnect_s": 20.0,
        "discovery": False,
        "discovery_prefix": "ha/found",
        "trigger_words": ("182", "ألم"),
        "choose_model": False,
        "snapshot": "skeleton",
    }


def test_variables_override_the_file(tmp_path: Path) -> None:
    variables = {"ISHARA_DEVICE": "hall", "ISHARA_MQTT_PORT": "1884", "ISHARA_HEALTH_EVERY_S": "30", "OTHER": "x"}
    config = load_config(write_config(tmp_path, WHOLE), variables)
    assert config.mqtt is not None
    assert (config.device, config.mqtt.port, config.health_every_s) == ("hall", 1884, 30.0)
    assert config.mqtt.host == "broker.example"


def test_variables_set_the_orientation_of_a_camera() -> None:
    variables = {"WIDTH_PX": "1280", "HEIGHT_PX": "720", "ROTATION_DEGREES": "270", "MIRROR": "true"}
    camera = load_config(None, {f"ISHARA_CAMERA_{key}": value for key, value in variables.items()}).camera
    assert (camera.size_px, camera.rotation_degrees, camera.mirror) == ((1280, 720), 270, True)


def test_variables_alone_configure_a_broker() -> None:
    config = load_config(None, {"ISHARA_MQTT_HOST": "broker.example"})
    assert config.mqtt is not None
    assert (config.mqtt.host, config.mqtt.port) == ("broker.example", 1883)


def test_variables_override_a_dotenv_which_overrides_the_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text('ISHARA_DEVICE="from-dotenv"\nISHARA_CAMERA_SOURCE=from-dotenv\nEDITOR=vi\n')
    config = load_config(write_config(tmp_path, WHOLE), {"ISHARA_DEVICE": "from-variable"}, dotenv)
    assert (config.device, str(config.camera.source)) == ("from-variable", "from-dotenv")


def test_configuration_may_come_from_an_editor_of_windows(tmp_path: Path) -> None:
    mark = b"\xef\xbb\xbf"
    path, dotenv = tmp_path / "edge.toml", tmp_path / ".env"
    path.write_bytes(mark + WHOLE.replace("\n", "\r\n").encode())
    dotenv.write_bytes(mark + b"ISHARA_DEVICE=from-dotenv\r\nISHARA_MQTT_HOST=from-dotenv\r\n")
    config = load_config(path, {}, dotenv)
    assert config.mqtt is not None
    assert (config.device, config.mqtt.host) == ("from-dotenv", "from-dotenv")
    assert config.model.threshold == 0.7


def test_section_or_variable_alone_enables_captions(tmp_path: Path) -> None:
    assert load_config(None, {}).captions is None
    assert load_config(write_config(tmp_path, "[captions]"), {}).captions == CaptionsConfig()
    config = load_config(None, {"ISHARA_CAPTIONS_THEME": "light"})
    assert config.captions is not None
    assert config.captions.theme == "light"


def test_variable_of_the_landmark_networks_is_no_key() -> None:
    assert load_config(None, {"ISHARA_LANDMARKERS_TASKS": "/srv/tasks"}) == EdgeConfig()


def test_tls_has_a_port_of_its_own() -> None:
    config = load_config(None, {"ISHARA_MQTT_HOST": "h", "ISHARA_MQTT_TLS": "true"})
    assert config.mqtt is not None
    assert (config.mqtt.tls, config.mqtt.port) == (True, 8883)


def test_config_check_prints_the_whole_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "--config", str(write_config(tmp_path, WHOLE))]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["mqtt"]["host"] == "broker.example"
    assert set(printed) == set(EdgeConfig.model_fields)


def test_config_check_reads_the_dotenv_of_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("ISHARA_DEVICE=hall\n")
    assert main(["config", "check"]) == 0
    assert json.loads(capsys.readouterr().out)["device"] == "hall"


def test_origins_are_separated_by_commas_in_a_variable() -> None:
    config = load_config(None, {"ISHARA_WEB_ORIGINS": "https://a.example, http://b.example:8080"})
    assert config.web is not None
    assert config.web.origins == ("https://a.example", "http://b.example:8080")
    assert "web.origins" in refusal(None, ISHARA_WEB_ORIGINS="a.example")


def test_every_key_is_described() -> None:
    for name, field in EdgeConfig.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        section = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        fields = {name: field} if section is None else section.model_fields
        assert [key for key, one in fields.items() if not one.description] == []
