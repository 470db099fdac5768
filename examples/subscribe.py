"""Prints the words that all devices publish over MQTT: python examples/subscribe.py BROKER PORT."""

import json
import sys
from typing import Any

from paho.mqtt import subscribe
from paho.mqtt.client import Client, MQTTMessage


def _print_word(_client: Client, _userdata: Any, message: MQTTMessage) -> None:
    word = json.loads(message.payload)
    print(f"{word['device']}  {word['confidence']:4.0%}  {word['word']}  {word['word_en']}", flush=True)


subscribe.callback(_print_word, "ishara/+/word", qos=1, hostname=sys.argv[1], port=int(sys.argv[2]))
