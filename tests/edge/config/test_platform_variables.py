import logging
from pathlib import Path

import pytest

from edge.config import ConfigInvalid, EdgeConfig
from edge.config.loading import load_config
from edge.config.platform_variables import is_injected
from tests.edge.config.refusal import refusal

# What Kubernetes sets for the services ishara and ishara-mqtt, and Docker for a link to a container named ishara.
INJECTED = {
    "ISHARA_SERVICE_HOST": "10.0.0.11",
    "ISHARA_SERVICE_PORT": "8000",
    "ISHARA_SERVICE_PORT_HTTP": "8000",
    "ISHARA_PORT": "tcp://10.0.0.11:8000",
    "ISHARA_PORT_8000_TCP": "tcp://10.0.0.11:8000",
    "ISHARA_PORT_8000_TCP_PROTO": "tcp",
    "ISHARA_PORT_8000_TCP_PORT": "8000",
    "ISHARA_PORT_8000_TCP_ADDR": "10.0.0.11",
    "ISHARA_PORT_53_UDP": "udp://10.0.0.11:53",
    "ISHARA_MQTT_SERVICE_HOST": "10.0.0.12",
    "ISHARA_MQTT_SERVICE_PORT_MQTT_TLS": "8883",
    "ISHARA_MQTT_PORT": "tcp://10.0.0.12:1883",
    "ISHARA_MQTT_PORT_1883_TCP_ADDR": "10.0.0.12",
    "ISHARA_NAME": "/bridge/ishara",
    "ISHARA_ENV_PATH": "/usr/bin:/bin",
    "ISHARA_1_NAME": "/bridge/ishara_1",
}


def test_injected_variables_are_ignored_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert load_config(None, INJECTED) == EdgeConfig()
    assert caplog.messages == [f"variables that the platform sets are ignored: {', '.join(sorted(INJECTED))}"]


def test_own_variables_are_used_among_injected_ones(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("ISHARA_MQTT_PORT=1884\n")
    config = load_config(None, INJECTED | {"ISHARA_MQTT_HOST": "10.0.0.12"}, dotenv)
    assert config.mqtt is not None
    assert (config.mqtt.host, config.mqtt.port) == ("10.0.0.12", 1884)
    dotenv.write_text("ISHARA_MQTT_PORT=0\n")
    with pytest.raises(ConfigInvalid, match=f"the variable ISHARA_MQTT_PORT of {dotenv} is wrong"):
        load_config(None, INJECTED | {"ISHARA_MQTT_HOST": "10.0.0.12"}, dotenv)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISHARA_PORT", "8000"),
        ("ISHARA_MQTT_PORT", "http://h"),
        ("ISHARA_MQTT_PROT", "1883"),
        ("ISHARA_CAMERA_NAME", "/dev/video0"),
        ("ISHARA_SERVICE", "x"),
        ("ISHARA_PORT_TCP", "x"),
    ],
)
def test_mistyped_variable_is_refused(name: str, value: str) -> None:
    assert not is_injected(name, value)
    assert f"the variable {name} is wrong" in refusal(None, ISHARA_MQTT_HOST="h", **{name: value})
