import json
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.config import CaptionsConfig, ConfigInvalid, EdgeConfig, WebConfig
from edge.config.loading import load_config

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
folder = "/srv/models/karsl-190"
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
discovery = false
discovery_prefix = "ha/found"
"""


def write(folder: Path, content: str) -> Path:
    path = folder / "edge.toml"
    path.write_text(content, encoding="utf-8")
    return path


def refusal(path: Path | None, **variables: str) -> str:
    """The sentence with which a configuration is refused."""
    with pytest.raises(ConfigInvalid) as refused:
        load_config(path, variables)
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence


def test_without_a_file_the_first_camera_is_read_and_nothing_is_published() -> None:
    config = load_config(None, {})
    assert config == EdgeConfig()
    assert (config.device, config.camera.source, config.mqtt) == ("ishara", "/dev/video0", None)
    assert config.model.folder is None


def test_a_file_sets_every_key(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, WHOLE), {})
    assert (config.device, config.health_every_s, config.camera.source) == ("entrance", 5.0, "/dev/video2")
    assert config.rate.model_dump() == {
        "idle_after_s": 3.0,
        "idle_stride_s": 0.1,
        "hot_at_c": 70.0,
        "measure_every_s": 10.0,
    }
    assert (config.model.folder, config.model.threshold) == (Path("/srv/models/karsl-190"), 0.7)
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
        "discovery": False,
        "discovery_prefix": "ha/found",
    }


def test_variables_override_the_file(tmp_path: Path) -> None:
    variables = {"ISHARA_DEVICE": "hall", "ISHARA_MQTT_PORT": "1884", "ISHARA_HEALTH_EVERY_S": "30", "OTHER": "x"}
    config = load_config(write(tmp_path, WHOLE), variables)
    assert config.mqtt is not None
    assert (config.device, config.mqtt.port, config.health_every_s) == ("hall", 1884, 30.0)
    assert config.mqtt.host == "broker.example"


def test_variables_tell_how_a_camera_is_mounted() -> None:
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
    config = load_config(write(tmp_path, WHOLE), {"ISHARA_DEVICE": "from-variable"}, dotenv)
    assert (config.device, config.camera.source) == ("from-variable", "from-dotenv")


def test_a_section_or_a_variable_alone_turns_captions_on(tmp_path: Path) -> None:
    assert load_config(None, {}).captions is None
    assert load_config(write(tmp_path, "[captions]"), {}).captions == CaptionsConfig()
    config = load_config(None, {"ISHARA_CAPTIONS_THEME": "light"})
    assert config.captions is not None
    assert config.captions.theme == "light"


def test_the_variable_for_the_landmark_networks_is_not_mistaken_for_a_key() -> None:
    assert load_config(None, {"ISHARA_LANDMARKERS_TASKS": "/srv/tasks"}) == EdgeConfig()


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("devise = 'x'", "devise"),
        ("[camera]\nsauce = '/dev/video0'", "camera.sauce"),
        ("[mqtt]\nhost = 'h'\npasword_file = 'p'", "mqtt.pasword_file"),
        ("[webb]\nport = 80", "webb"),
        ("device = 'two words'", "device"),
        ("health_every_s = 'often'", "health_every_s"),
        ("health_every_s = 0.5", "health_every_s"),
        ("health_every_s = nan", "health_every_s"),
        ("camera = 3", "camera"),
        ("[camera]\nsource = 3", "camera.source"),
        ("[camera]\nwidth_px = 641\nheight_px = 480", "camera.width_px"),
        ("[camera]\nwidth_px = 640", "width_px and height_px"),
        ("[camera]\nheight_px = 9999\nwidth_px = 640", "camera.height_px"),
        ("[camera]\nframes_per_s = 1", "camera.frames_per_s"),
        ("[camera]\nrotation_degrees = 45", "camera.rotation_degrees"),
        ("[camera]\nmirror = 'left'", "camera.mirror"),
        ("[camera]\nregion_width = 0.0", "camera.region_width"),
        ("[camera]\nregion_left = 0.5\nregion_width = 0.6", "region_left and region_width"),
        ("[camera]\nregion_top = 0.2", "region_top and region_height"),
        ("[rate]\nidle_after_s = 0.0", "rate.idle_after_s"),
        ("[rate]\nidle_stride_s = 1.5", "rate.idle_stride_s"),
        ("[rate]\nhot_at_c = 20", "rate.hot_at_c"),
        ("[rate]\nmeasure_every_s = 0.1", "rate.measure_every_s"),
        ("[model]\nthreshold = 1.5", "model.threshold"),
        ("[captions]\ntheme = 'pink'", "captions.theme"),
        ("[captions]\npreview = 'yes'", "captions.preview"),
        ("[captions]\nnight_hours = '22-6'", "captions.night_hours"),
        ("[captions]\nnight_hours = '22:00-24:00'", "captions.night_hours"),
        ("[captions]\nnight_brightness = 0.0", "captions.night_brightness"),
        ("[captions]\npreview_per_s = 0", "captions.preview_per_s"),
        ("[mqtt]\nport = 1883", "mqtt.host"),
        ("[mqtt]\nhost = ''", "mqtt.host"),
        ("[mqtt]\nhost = 'h'\nport = 70000", "mqtt.port"),
        ("[mqtt]\nhost = 'h'\nport = 'high'", "mqtt.port"),
        ("[mqtt]\nhost = 'h'\nkeepalive_s = 1", "mqtt.keepalive_s"),
        ("[mqtt]\nhost = 'h'\npassword_file = 'p'", "password_file"),
        ("[mqtt]\nhost = 'h'\nca_file = 'ca.pem'", "tls = true"),
        ("[mqtt]\nhost = 'h'\ntls = true\nkey_file = 'key.pem'", "certificate_file"),
        ("[mqtt]\nhost = 'h'\nprotocol = '4'", "mqtt.protocol"),
        ("[mqtt]\nhost = 'h'\noutbox_words = 1", "mqtt.outbox_words"),
        ("[mqtt]\nhost = 'h'\ndiscovery_prefix = 'home/#'", "mqtt.discovery_prefix"),
    ],
)
def test_a_wrong_key_is_named_with_its_file(tmp_path: Path, content: str, key: str) -> None:
    path = write(tmp_path, content)
    sentence = refusal(path)
    assert key in sentence
    assert str(path) in sentence


@pytest.mark.parametrize(
    ("variable", "value", "key"),
    [
        ("ISHARA_CAMERA_SAUCE", "/dev/video0", "camera.sauce"),
        ("ISHARA_NONSENSE", "1", "nonsense"),
        ("ISHARA_MQTT", "h", "mqtt"),
        ("ISHARA_MODEL_THRESHOLD", "high", "model.threshold"),
        ("ISHARA_HEALTH_EVERY_S", "never", "health_every_s"),
        ("ISHARA_RATE_HOT_AT_C", "boiling", "rate.hot_at_c"),
    ],
)
def test_a_wrong_variable_is_named(variable: str, value: str, key: str) -> None:
    assert key in refusal(None, **{variable: value})


@pytest.mark.parametrize("content", [b"device = ", b"device: entrance", b"device = '\xff'", b"[camera\n"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "edge.toml"
    path.write_bytes(content)
    assert f"{path} is not TOML" in refusal(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing.toml")
    assert str(tmp_path) in refusal(tmp_path)


def test_a_dotenv_that_is_no_text_is_named(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"ISHARA_DEVICE=\xff\xfe\n")
    with pytest.raises(ConfigInvalid, match=r"\.env"):
        load_config(None, {}, dotenv)


def test_the_password_is_the_content_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret words\n")
    config = load_config(None, settings_with_password(tmp_path / "password"))
    assert config.mqtt is not None
    assert config.mqtt.read_password() == "secret words"
    assert "secret" not in config.model_dump_json()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    config = load_config(None, settings_with_password(path))
    assert config.mqtt is not None
    with pytest.raises(ConfigInvalid, match=r"mqtt\.password_file") as refused:
        config.mqtt.read_password()
    assert str(path) in str(refused.value)


def settings_with_password(path: Path) -> dict[str, str]:
    return {"ISHARA_MQTT_HOST": "h", "ISHARA_MQTT_USERNAME": "u", "ISHARA_MQTT_PASSWORD_FILE": str(path)}


def test_tls_has_a_port_of_its_own() -> None:
    config = load_config(None, {"ISHARA_MQTT_HOST": "h", "ISHARA_MQTT_TLS": "true"})
    assert config.mqtt is not None
    assert (config.mqtt.tls, config.mqtt.port) == (True, 8883)


def test_a_credential_is_found_where_systemd_puts_it(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text("secret words\n")
    settings = settings_with_password(Path("mqtt-password"))
    config = load_config(None, settings | {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.mqtt is not None
    assert config.mqtt.password_file == tmp_path / "mqtt-password"
    assert config.mqtt.read_password() == "secret words"
    elsewhere = load_config(None, settings | {"CREDENTIALS_DIRECTORY": str(tmp_path / "empty")})
    assert elsewhere.mqtt is not None
    assert elsewhere.mqtt.password_file == Path("mqtt-password")


def test_config_check_prints_the_whole_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "--config", str(write(tmp_path, WHOLE))]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["mqtt"]["host"] == "broker.example"
    assert set(printed) == set(EdgeConfig.model_fields)


def test_config_check_reads_the_dotenv_of_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("ISHARA_DEVICE=hall\n")
    assert main(["config", "check"]) == 0
    assert json.loads(capsys.readouterr().out)["device"] == "hall"


def test_config_check_refuses_a_wrong_file_with_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "--config", str(write(tmp_path, "devise = 'x'"))]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("ishara-edge: ")
    assert "devise" in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7", "entrance.local"])
def test_a_live_page_that_others_reach_needs_a_token(address: str) -> None:
    assert "needs a token_file" in refusal(None, ISHARA_WEB_ADDRESS=address)
    config = load_config(None, {"ISHARA_WEB_ADDRESS": address, "ISHARA_WEB_TOKEN_FILE": "token"})
    assert config.web is not None
    assert str(config.web.token_file) == "token"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_a_live_page_for_this_machine_needs_none(address: str) -> None:
    assert load_config(None, {"ISHARA_WEB_ADDRESS": address}).web is not None


@pytest.mark.parametrize("token", ["", "short", "with a space in it", "أطول من ستة عشر حرفا"])
def test_a_token_that_can_be_guessed_or_typed_wrong_is_refused(token: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token)
    with pytest.raises(ConfigInvalid, match="at least 16 letters and digits"):
        WebConfig(token_file=tmp_path / "token").read_token()


def test_origins_are_a_list_or_a_text_with_commas() -> None:
    config = load_config(None, {"ISHARA_WEB_ORIGINS": "https://a.example, http://b.example:8080"})
    assert config.web is not None
    assert config.web.origins == ("https://a.example", "http://b.example:8080")
    assert "web.origins" in refusal(None, ISHARA_WEB_ORIGINS="a.example")
