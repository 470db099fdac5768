"""Prints the words that all devices publish over MQTT: python examples/subscribe.py BROKER PORT."""

import json
import sys
from typing import Any

from paho.mqtt import subscribe
from paho.mqtt.client import Client, MQTTMessage


def print_word(_client: Client, _userdata: Any, message: MQTTMessage) -> None:
    """Print one word event; its fields are documented in docs/mqtt.md."""
    word = json.loads(message.payload)
    print(f"{word['device']}  {word['confidence']:4.0%}  {word['word']}  {word['word_en']}", flush=True)


if __name__ == "__main__":
    subscribe.callback(print_word, "ishara/+/word", qos=1, hostname=sys.argv[1], port=int(sys.argv[2]))
