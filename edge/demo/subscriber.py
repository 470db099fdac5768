"""Listens to one device's words over MQTT, as any subscriber would, and prints them."""

import threading
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.config import MqttConfig
from edge.recognition.word import Word
from edge.sinks.mqtt.broker_settings import BrokerSettings
from edge.sinks.mqtt.connection import failure_reason


class Subscriber:
    """Prints every word that arrives and remembers its number."""

    def __init__(self, broker: MqttConfig, device: str) -> None:
        """Connect and subscribe. Raises OSError when the broker cannot be reached, ConfigInvalid."""
        self._topic = f"ishara/{device}/word"
        self._arrived: dict[int, Word] = {}
        self._changed = threading.Condition()
        self._ready = threading.Event()
        access = BrokerSettings.read(broker)
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if access.tls is not None:
            self._client.tls_set_context(access.tls)
        if access.username is not None:
            self._client.username_pw_set(access.username, access.password)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._take
        try:
            self._client.connect(broker.host, broker.port)
        except OSError as error:
            raise OSError(f"{access.broker} cannot be reached: {failure_reason(error)}") from error
        self._client.loop_start()
        if not self._ready.wait(10.0):
            self.close()
            raise OSError(f"{access.broker} grants no subscription to {self._topic}")

    def wait_for(self, seqs: set[int], timeout_s: float) -> list[Word]:
        """The words that arrived, in the order of their numbers, once all of these did or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: seqs <= set(self._arrived), timeout_s)
            return [word for _, word in sorted(self._arrived.items())]

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        word = Word.model_validate_json(message.payload)
        on_the_way = (datetime.now(UTC) - word.emitted_at).total_seconds()
        print(  # noqa: T201  # printing is what this subscriber is for
            f"  {word.word:<14} {word.word_en:<22} {word.confidence:>4.0%}   "
            f"{word.delay_s:.2f} s after the sign, {max(0.0, on_the_way) * 1000:.0f} ms on MQTT",
            flush=True,
        )
        with self._changed:
            self._arrived[word.seq] = word
            self._changed.notify_all()
