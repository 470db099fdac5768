"""Publishes words, health, model and status over MQTT.

Topics under `ishara/<device>/`: `word` (QoS 1, not retained), `health`, `model` and `status` (retained;
`status` is also the last will). paho's own thread connects, tries again and delivers; while the broker is
away words wait in its queue, which is bounded.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import MqttConfig
from edge.health import Health
from edge.word import Word

log = logging.getLogger(__name__)

_QUEUED_WORDS = 1000
_GOODBYE_S = 1.0
_SHORTEST_RETRY_S, _LONGEST_RETRY_S = 1, 30


class MqttSink:
    """One device's topics on one broker."""

    def __init__(self, config: MqttConfig, *, device: str, model: str, health: Callable[[], Health]) -> None:
        """Start connecting; a broker that is away is tried again for ever. `model` is the JSON for `model`."""
        self._broker = f"{config.host}:{config.port}"
        self._topic = f"ishara/{device}"
        self._model = model
        self._health = health
        self._trouble: str | None = None
        self._leaving = threading.Event()
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"ishara-{device}", clean_session=False)
        client.max_queued_messages_set(_QUEUED_WORDS)
        client.reconnect_delay_set(_SHORTEST_RETRY_S, _LONGEST_RETRY_S)
        client.will_set(f"{self._topic}/status", "offline", qos=1, retain=True)
        if config.username is not None:
            client.username_pw_set(config.username, config.read_password())
        client.on_connect = self._greet
        client.on_connect_fail = lambda *_: self._log_trouble("cannot be reached")
        client.on_disconnect = self._notice_loss
        client.connect_async(config.host, config.port, keepalive=config.keepalive_s)
        client.loop_start()
        self._client = client

    def emit(self, word: Word) -> None:
        """Publish the word, or queue it while the broker is away."""
        message = self._client.publish(f"{self._topic}/word", word.to_json(), qos=1)
        if message.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            log.error(
                "word %d is lost: the broker %s is away and %d words wait for it", word.seq, self._broker, _QUEUED_WORDS
            )

    def report(self, health: Health) -> None:
        """Publish the health; while the broker is away it is dropped, since a newer one will come."""
        if self._client.is_connected():
            self._client.publish(f"{self._topic}/health", health.to_json(), qos=0, retain=True)

    def close(self) -> None:
        """Publish `offline`, wait a moment until it and the words before it have arrived, and disconnect."""
        self._leaving.set()
        if self._client.is_connected():
            goodbye = self._client.publish(f"{self._topic}/status", "offline", qos=1, retain=True)
            arrived = goodbye.rc == MQTTErrorCode.MQTT_ERR_SUCCESS
            if arrived:
                goodbye.wait_for_publish(_GOODBYE_S)
                arrived = goodbye.is_published()
            if not arrived:
                # Without QoS it overtakes the words that still wait; a clean goodbye leaves no last will.
                self._client.publish(f"{self._topic}/status", "offline", qos=0, retain=True)
        self._client.disconnect()
        # paho's thread may sit in an attempt to connect for seconds; it ends with the program then.
        ending = threading.Thread(target=self._client.loop_stop, name="mqtt-end", daemon=True)
        ending.start()
        ending.join(_GOODBYE_S / 2)

    def _greet(self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._log_trouble(f"refuses this device: {reason}")
            return
        if self._trouble is not None:
            log.warning("the broker %s is back", self._broker)
        else:
            log.info("connected to the broker %s", self._broker)
        self._trouble = None
        # Without QoS: these must not wait behind a queue that filled while the broker was away, nor be refused by it.
        client.publish(f"{self._topic}/model", self._model, qos=0, retain=True)
        client.publish(f"{self._topic}/health", self._health().to_json(), qos=0, retain=True)
        client.publish(f"{self._topic}/status", "online", qos=0, retain=True)

    def _notice_loss(self, _client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._log_trouble("is lost" if str(reason) == "Unspecified error" else f"is lost: {reason}")

    def _log_trouble(self, trouble: str) -> None:
        """Log once when the broker is lost, not at every try; a new reason is told again."""
        if self._leaving.is_set():
            return
        if self._trouble is None or ("refuses" in trouble and trouble != self._trouble):
            log.warning("the broker %s %s; trying again until it is back", self._broker, trouble)
            self._trouble = trouble
