"""A real Mosquitto on a free local port, and a client that records what it receives."""

import getpass
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.config import MqttConfig
from tests.edge.certificates import Certificates
from tests.edge.ports import free_port, is_listening
from tests.edge.waiting import PATIENCE_S, wait_until

_SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class Mosquitto:
    """One broker, which can stop and start again with the sessions and retained messages that it had."""

    def __init__(
        self,
        folder: Path,
        *,
        user: tuple[str, str] | None = None,
        persistent: bool = True,
        tls: Certificates | None = None,
        require_certificate: bool = False,
        acl: str | None = None,
        settings: str = "",
    ) -> None:
        """With `user`, a name and a password, other clients are refused. With `tls` there is a port without TLS too.

        `acl` are the lines of an access control list. A broker that is not `persistent` loses sessions and retained
        messages when it stops. `settings` are further lines of its configuration.
        """
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.plain_port = free_port() if tls else self.port
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"user {getpass.getuser()}",
            f"persistence {str(persistent).lower()}",
            f"persistence_location {folder}/",
            f"log_dest file {folder / 'log'}",
            f"allow_anonymous {'false' if user else 'true'}",
            settings,
        ]
        if user is not None:
            passwords = folder / "passwords"
            passwords.touch(mode=0o600)
            subprocess.run([find_program("mosquitto_passwd"), "-b", passwords, *user], check=True, capture_output=True)
            lines.append(f"password_file {passwords}")
        if acl is not None:
            (folder / "acl").write_text(acl)
            lines.append(f"acl_file {folder / 'acl'}")
        if tls is not None:
            lines += [f"cafile {tls.authority}", f"certfile {tls.broker}", f"keyfile {tls.broker_key}"]
            lines.append(f"require_certificate {str(require_certificate).lower()}")
            lines.append(f"listener {self.plain_port} 127.0.0.1")
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    @property
    def config(self) -> MqttConfig:
        """The daemon's configuration for this broker; subscribers of these tests return within two seconds."""
        return MqttConfig(host="127.0.0.1", port=self.port, hold_after_reconnect_s=2.5)

    @property
    def log(self) -> str:
        """The broker's log."""
        return (self._folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Start and wait until it listens."""
        process = subprocess.Popen(
            [find_program("mosquitto"), "-c", self._folder / "mosquitto.conf"], stderr=subprocess.DEVNULL
        )
        self._process = process
        wait_until(lambda: is_listening(self.port) or process.poll() is not None, "Mosquitto")
        assert process.poll() is None, f"Mosquitto ended: {self.log}"

    def stop(self) -> None:
        """Stop as on a shutdown; clients notice that the connection breaks."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def kill(self) -> None:
        """Kill the broker, without a DISCONNECT to any client."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self._process = None

    def forget(self) -> None:
        """Lose the sessions and retained messages that it kept on the disk, while it does not run."""
        (self._folder / "mosquitto.db").unlink(missing_ok=True)

    def freeze(self) -> None:
        """Stop the process, with all connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue the stopped process."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One message as it was received; a `retained` one was there before the subscription."""

    topic: str
    payload: str
    qos: int
    retained: bool


class Listener:
    """Subscribes to a topic and everything below `homeassistant/`, and reconnects to a broker that was lost."""

    def __init__(self, port: int, name: str = "listener", *, clean: bool = False, topic: str = "ishara/#") -> None:
        """The broker keeps its session unless it is `clean`."""
        self.received: list[ReceivedMessage] = []
        self._changed = threading.Condition()
        self._subscribed, self._flushed = threading.Event(), threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, name, clean, manual_ack=True)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1), ("homeassistant/#", 1)])
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_unsubscribe = lambda *_: self._flushed.set()
        self._client.on_message = lambda _client, _data, message: self._record(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S), "Mosquitto grants no subscription"

    def on(self, *topics: str) -> list[ReceivedMessage]:
        """Return the messages on some topics of any device, such as `word` and `status`."""
        with self._changed:
            return [message for message in self.received if message.topic.rpartition("/")[2] in topics]

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until the received messages fulfil a condition."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S), f"the last messages: {self.received[-5:]}"

    def wait_for_status(self, status: str) -> None:
        """Wait until this is the last status received."""
        self.wait_until(lambda: [message.payload for message in self.on("status")][-1:] == [status])

    def flush_acks(self) -> None:
        """Wait until the broker has the acknowledgement of every message received so far."""
        self._flushed.clear()
        self._client.unsubscribe("nothing")
        assert self._flushed.wait(PATIENCE_S), "Mosquitto does not answer"

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Publish a message."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _record(self, message: paho.MQTTMessage) -> None:
        self._client.ack(message.mid, message.qos)
        with self._changed:
            self.received.append(
                ReceivedMessage(message.topic, message.payload.decode(errors="replace"), message.qos, message.retain)
            )
            self._changed.notify_all()


@contextmanager
def listening(
    broker: Mosquitto, name: str = "listener", *, clean: bool = False, topic: str = "ishara/#"
) -> Iterator[Listener]:
    """Yield a connected listener."""
    listener = Listener(broker.plain_port, name, clean=clean, topic=topic)
    try:
        yield listener
    finally:
        listener.close()


def find_program(name: str) -> str:
    """Return the path of a program; the test fails if it is not installed."""
    path = shutil.which(name, path=_SEARCH_PATH)
    assert path is not None, f"{name} is not installed; on Debian: apt install $(cat tests/debian-packages.txt)"
    return path
