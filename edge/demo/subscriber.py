"""Subscribes to one device's words and utterances over MQTT and prints them."""

import threading
from datetime import UTC, datetime
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.config import MqttConfig
from edge.recognition.word import Word
from edge.sinks.mqtt.broker_settings import BrokerSettings
from edge.sinks.mqtt.connection import failure_reason
from edge.sinks.mqtt.topics import Topics
from edge.utterances.utterance import Utterance

_SUBSCRIBE_TIMEOUT_S: Final = 10.0


class Subscriber:
    """Prints what arrives, and keeps each event by its number."""

    def __init__(self, broker: MqttConfig, device: str) -> None:
        """Connect and subscribe. Raises OSError when the broker cannot be reached, ConfigInvalid."""
        topics = Topics(device)
        self._subscriptions = [(topics.word, 1), (topics.utterance, 1)]
        self._received: dict[int, Word | Utterance] = {}
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        settings = BrokerSettings.read(broker)
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if settings.tls is not None:
            self._client.tls_set_context(settings.tls)
        if settings.username is not None:
            self._client.username_pw_set(settings.username, settings.password)
        self._client.on_connect = lambda client, *_: client.subscribe(self._subscriptions)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        try:
            self._client.connect(broker.host, broker.port)
        except OSError as error:
            raise OSError(f"{settings.broker} cannot be reached: {failure_reason(error)}") from error
        self._client.loop_start()
        if not self._subscribed.wait(_SUBSCRIBE_TIMEOUT_S):
            self.close()
            raise OSError(f"{settings.broker} grants no subscription to {topics.word}")

    def wait_for(self, seqs: set[int], timeout_s: float) -> list[Word]:
        """Return the received words in the order of their numbers, once all of `seqs` came or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: seqs <= set(self._received), timeout_s)
            events = [event for _, event in sorted(self._received.items())]
        return [event for event in events if isinstance(event, Word)]

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        event: Word | Utterance
        if message.topic == self._subscriptions[1][0]:
            event = Utterance.model_validate_json(message.payload)
            line = f"= {event.text}"
        else:
            event = Word.model_validate_json(message.payload)
            transit_s = (datetime.now(UTC) - event.emitted_at).total_seconds()
            line = (
                f"{event.word:<14} {event.word_en:<22} {event.confidence:>4.0%}   "
                f"{event.delay_s:.2f} s after the sign, {max(0.0, transit_s) * 1000:.0f} ms on MQTT"
            )
        print(f"  {line}", flush=True)  # noqa: T201  # printing is the purpose of this subscriber
        with self._changed:
            self._received[event.seq] = event
            self._changed.notify_all()
