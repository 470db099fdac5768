"""A broker of the network that announces itself, and wants a user name and a password."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from zeroconf import ServiceInfo, Zeroconf

from tests.device.device import wait_until
from tests.edge.mosquitto import find_program

USER: Final = "reception"
PASSWORD: Final = "the right one"  # of the test's own broker
PORT: Final = 1883
_SERVICE: Final = "_mqtt._tcp.local."
_HOST: Final = "clinic-broker"


class NetworkBroker:
    """The words that were published, as a subscriber with the right password receives them."""

    def __init__(self, address: str) -> None:
        self.words: list[dict[str, Any]] = []
        self.topics: list[str] = []
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(USER, PASSWORD)
        client.on_connect = lambda client, *_: client.subscribe("ishara/#", 1)
        client.on_message = self._receive
        client.connect(address, PORT)
        client.loop_start()
        self._client = client

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _receive(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.topics.append(message.topic)
        if message.topic.endswith("/word"):
            self.words.append(json.loads(message.payload))


@contextmanager
def announced_broker(folder: Path, address: str) -> Iterator[NetworkBroker]:
    """Start the broker on an address of this machine and announce it by mDNS."""
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run([find_program("mosquitto_passwd"), "-b", passwords, USER, PASSWORD], check=True, capture_output=True)
    lines = [f"listener {PORT} {address}", "user root", "allow_anonymous false", f"password_file {passwords}"]
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    command = [find_program("mosquitto"), "-c", str(folder / "mosquitto.conf")]
    service = ServiceInfo(
        _SERVICE,
        f"Clinic.{_SERVICE}",
        addresses=[socket.inet_aton(address)],
        port=PORT,
        server=f"{_HOST}.local.",
    )
    zeroconf = Zeroconf(interfaces=[address])
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as broker:
        try:
            wait_until(lambda: _listens(address), "the broker")
            zeroconf.register_service(service)
            words = NetworkBroker(address)
            yield words
            words.close()
        finally:
            zeroconf.close()
            broker.terminate()


def _listens(address: str) -> bool:
    try:
        socket.create_connection((address, PORT), 1.0).close()
    except OSError:
        return False
    return True
