from pathlib import Path

import pytest

from edge.__main__ import main
from edge.config import ConfigInvalid
from edge.config.loading import load_config
from tests.edge.config.refusal import refusal, write_config


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
        ("[labels]\nfiles = 'labels.csv'", "labels.files"),
        ("[vocabulary]\nsigns = ['7-3']", "vocabulary.signs.0: 7-3 ends before it begins"),
        ("[vocabulary]\nsigns = [76, 'water']", "vocabulary.signs.1: water is not a list of signs like 1-70,77"),
        ("[vocabulary]\nsigns = [2147483648]", "no sign has a number above"),
        ("[vocabulary]\nsigns = [true]", "vocabulary.signs.0"),
        ("[vocabulary]\nsigns = 76", "vocabulary.signs"),
        ("[vocabulary]\nkinds = ['verb']", "vocabulary.kinds.0"),
        ("[captions]\ntheme = 'pink'", "captions.theme"),
        ("[captions]\npreview = 'yes'", "captions.preview"),
        ("[captions]\nnight_hours = '22-6'", "captions.night_hours"),
        ("[captions]\nnight_hours = '22:00-24:00'", "captions.night_hours"),
        ("[captions]\nnight_brightness = 0.0", "captions.night_brightness"),
        ("[captions]\npreview_per_s = 0", "captions.preview_per_s"),
        ("[speech]\nsays = 'lines'", "speech.says"),
        ("[speech]\ndevice = ''", "speech.device"),
        ('[speech]\ndevice = "hw:0\\n"', "speech.device"),
        ("[speech]\nvolume = 2.0", "speech.volume"),
        ("[speech]\nquiet_hours = '22-7'", "speech.quiet_hours"),
        ("[speech]\nmax_age_s = 0", "speech.max_age_s"),
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
def test_wrong_key_is_named_with_its_file(tmp_path: Path, content: str, key: str) -> None:
    path = write_config(tmp_path, content)
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
def test_wrong_variable_is_named(variable: str, value: str, key: str) -> None:
    assert f"the variable {variable} is wrong: " in refusal(None, **{variable: value})
    assert key in refusal(None, **{variable: value})


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ISHARA_WEB_ORIGINS": "a.example"}, "the variable ISHARA_WEB_ORIGINS is wrong: web.origins.0: "),
        (
            {"ISHARA_MQTT_PORT": "1884"},
            "the configuration with the variable ISHARA_MQTT_PORT is wrong: mqtt.host: it is required",
        ),
        (
            {"ISHARA_MQTT_HOST": "h", "ISHARA_MQTT_PASSWORD_FILE": "p"},
            "the configuration with the variables ISHARA_MQTT_HOST, ISHARA_MQTT_PASSWORD_FILE is wrong: mqtt: password",
        ),
        (
            {"ISHARA_MQTT_HOTS": "h"},
            "the variable ISHARA_MQTT_HOTS is wrong: there is no key mqtt.hots; perhaps ISHARA_MQTT_HOST is meant",
        ),
        (
            {"ISHARA_DEVICE": "-hall"},
            (
                "the variable ISHARA_DEVICE is wrong: device: it must be at most 63 letters (a to z), digits, "
                "hyphens and underscores, and begin with a letter or a digit, such as hall-2, not '-hall'"
            ),
        ),
        (
            {"ISHARA_SPEECH_QUIET_HOURS": "22-7"},
            (
                "the variable ISHARA_SPEECH_QUIET_HOURS is wrong: speech.quiet_hours: it must be two times such as "
                "22:00-06:00, not '22-7'"
            ),
        ),
        (
            {"ISHARA_METRICS_PORT": "high"},
            "the variable ISHARA_METRICS_PORT is wrong: metrics.port: it must be a whole number, not 'high'",
        ),
        ({"ISHARA_XYZ": "h"}, "the variable ISHARA_XYZ is wrong: there is no key xyz"),
    ],
)
def test_sentence_names_what_was_written(variables: dict[str, str], sentence: str) -> None:
    assert refusal(None, **variables).startswith(sentence)


def test_value_is_ascribed_to_the_file_the_dotenv_or_the_variable_that_set_it(tmp_path: Path) -> None:
    path, dotenv = write_config(tmp_path, "[mqtt]\nhost = 'h'\nport = 0"), tmp_path / ".env"
    dotenv.write_text("")
    for written, variables, where in (
        ("", {}, f"the configuration {path} is wrong: mqtt.port: "),
        ("ISHARA_MQTT_PORT=-1\n", {}, f"the variable ISHARA_MQTT_PORT of {dotenv} is wrong: mqtt.port: "),
        ("ISHARA_MQTT_PORT=-1\n", {"ISHARA_MQTT_PORT": "high"}, "the variable ISHARA_MQTT_PORT is wrong: mqtt.port: "),
    ):
        dotenv.write_text(written)
        with pytest.raises(ConfigInvalid) as refused:
            load_config(path, variables, dotenv)
        assert str(refused.value).startswith(where)


def test_sentence_about_an_odd_name_is_one_short_line(tmp_path: Path) -> None:
    sentence = refusal(write_config(tmp_path, f'"a\\nb{"x" * 500}" = 1'))  # refusal() checks for line breaks
    assert "there is no key a bx" in sentence
    assert len(sentence) < 400 + len(str(tmp_path))
    assert len(refusal(None, **{f"ISHARA_MQTT_{'x' * 500}": "1"})) < 400


def test_unknown_key_of_a_file_is_answered_with_the_key_that_was_perhaps_meant(tmp_path: Path) -> None:
    sentence = refusal(write_config(tmp_path, "[camera]\nsauce = '/dev/video0'"))
    assert sentence.endswith("there is no key camera.sauce; perhaps camera.source is meant")


@pytest.mark.parametrize(
    "content",
    [
        b"device = ",
        b"device: entrance",
        b"device = '\xff'",
        b"[camera\n",
        b"device = " + b"9" * 5000,
        b"\0",
        b"a = 1\n" * 200_000,
    ],
    ids=lambda content: content[:20],
)
def test_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "edge.toml"
    path.write_bytes(content)
    assert f"{path} is not TOML" in refusal(path)


@pytest.mark.parametrize("content", [f"a = {'[' * 60000}", f"a{'.a' * 60000} = 1", f"a = {'{a=' * 60000}"])
def test_file_that_is_nested_without_end_is_named(tmp_path: Path, content: str) -> None:
    path = write_config(tmp_path, content)
    assert str(path) in refusal(path)


@pytest.mark.parametrize("value", ["0x" + "f" * 5000, "1e999", "-inf", "'" + "x" * 100_000 + "'"])
def test_sentence_about_an_endless_value_is_short(tmp_path: Path, value: str) -> None:
    for key in ("device", "health_every_s"):
        path = write_config(tmp_path, f"{key} = {value}")
        assert len(refusal(path)) < 400 + len(str(path))


def test_file_in_utf_16_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text("device = 'entrance'", encoding="utf-16")
    assert f"{path} is not TOML: its text is UTF-16; save it as UTF-8" in refusal(path)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing.toml")
    assert str(tmp_path) in refusal(tmp_path)


def test_dotenv_that_is_no_text_is_named(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    for content in (b"ISHARA_DEVICE=\xff\xfe\n", "ISHARA_DEVICE=entrance".encode("utf-16")):
        dotenv.write_bytes(content)
        with pytest.raises(ConfigInvalid, match=r"\.env.*save it as UTF-8"):
            load_config(None, {}, dotenv)


def test_config_check_refuses_a_wrong_file_with_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "--config", str(write_config(tmp_path, "devise = 'x'"))]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("ishara-edge: ")
    assert "devise" in printed.err
    assert printed.err.count("\n") == 1
