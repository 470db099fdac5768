"""The access control list and the settings of docs/mqtt.md, tried with a real broker."""

import getpass
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from tests.edge.certificates import make_certificates
from tests.edge.mosquitto import Mosquitto, find_program
from tests.edge.sinks.mqtt.conftest import OpenSink
from tests.edge.waiting import wait_until
from tests.edge.word_publisher import utterance, word

PAGE = Path(__file__).parents[4] / "docs" / "mqtt.md"
USERS = ("entrance", "exit", "homeassistant", "display")


class Client:
    """A client with a login that keeps what it receives."""

    def __init__(self, broker: Mosquitto, folder: Path, user: str | None) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.connected: list[bool] = []
        # The client id is the device's, which the broker must not heed.
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "ishara-entrance", protocol=paho.MQTTv5)
        self._client.tls_set(str(folder / "ca.pem"))
        if user is not None:
            self._client.username_pw_set(user, f"secret of {user}")
        self._client.on_connect = self._connected
        self._subscribed: list[bool] = []
        self._client.on_subscribe = lambda *_: self._subscribed.append(True)
        self._client.on_message = lambda _client, _data, message: self.received.append(
            (message.topic, bytes(message.payload))
        )
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        wait_until(lambda: bool(self._subscribed) or self.connected == [False], "the broker's answer")

    def _connected(self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self.connected.append(not reason.is_failure)
        client.subscribe("#", 1)

    def publish(self, topic: str, payload: str = "forged") -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def closed_broker(new_broker: Callable[..., Mosquitto], tmp_path: Path) -> Mosquitto:
    """Start a broker as the page says, but for the folder, the port and the user."""
    make_certificates(tmp_path)
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    acl, settings = (
        next(one for one in blocks if start in one).replace("\n    ", "\n").strip() + "\n"
        for start in ("pattern read", "listener 8883")
    )
    (tmp_path / "acl").write_text(acl)
    (tmp_path / "passwords").touch(mode=0o600)
    for user in USERS:
        command = [find_program("mosquitto_passwd"), "-b", str(tmp_path / "passwords"), user, f"secret of {user}"]
        subprocess.run(command, check=True, capture_output=True)
    broker = new_broker()
    settings = settings.replace("/etc/mosquitto", str(tmp_path)).replace("8883", f"{broker.port} 127.0.0.1")
    log = f"log_dest file {tmp_path / 'broker-0' / 'log'}"
    (tmp_path / "broker-0" / "mosquitto.conf").write_text(f"user {getpass.getuser()}\n{log}\n{settings}")
    broker.start()
    return broker


@pytest.fixture
def clients(closed_broker: Mosquitto, tmp_path: Path) -> Iterator[dict[str | None, Client]]:
    """Yield a client for each user but the device under test, and one without a login."""
    clients = {user: Client(closed_broker, tmp_path, user) for user in (*USERS[1:], None)}
    yield clients
    for client in clients.values():
        client.close()


def test_a_device_works_and_nobody_else_speaks_or_listens_where_the_list_forbids_it(
    closed_broker: Mosquitto, clients: dict[str | None, Client], open_sink: OpenSink, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("secret of entrance")
    login = {
        "username": "entrance",
        "password_file": tmp_path / "password",
        "tls": True,
        "ca_file": tmp_path / "ca.pem",
    }
    sink = open_sink(closed_broker.config.model_copy(update={**login, "hold_after_reconnect_s": 0.0}))
    home, display, other, stranger = clients["homeassistant"], clients["display"], clients["exit"], clients[None]
    own = ("word", "utterance", "status", "health", "model", "response", "doctor", "command", "snapshot")
    attempts = [f"ishara/entrance/{name}" for name in own] + ["homeassistant/device/ishara-entrance/config"]

    wait_until(lambda: ("ishara/entrance/status", b"online") in home.received, "the device")
    assert stranger.connected == [False]
    for topic in attempts:
        other.publish(topic)
        display.publish(topic)
    home.publish("ishara/entrance/word")
    home.publish("ishara/entrance/command", "identify")
    sink.emit(word(1))
    sink.emit(utterance(2))
    sink.publish_findings("{}")

    wait_until(lambda: any(topic == "ishara/entrance/response" for topic, _ in home.received), "the response")
    for client in (display, home):
        for event in own[:2]:
            wait_until(lambda: any(topic == f"ishara/entrance/{event}" for topic, _ in client.received), event)  # noqa: B023  # called at once
    wait_until(lambda: any(topic == "ishara/entrance/doctor" for topic, _ in home.received), "the findings")
    topics = {topic for topic, _ in home.received}
    assert {f"ishara/entrance/{name}" for name in own[:7]} <= topics
    assert "homeassistant/device/ishara-entrance/config" in topics
    assert not [one for client in clients.values() for one in client.received if one[1] == b"forged"]
    assert {topic for topic, _ in display.received} == {"ishara/entrance/word", "ishara/entrance/utterance"}
    assert {topic for topic, _ in other.received} <= {"homeassistant/status"}
    assert len([one for one in home.received if one[0] == "ishara/entrance/response"]) == 1
