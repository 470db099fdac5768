"""Prints the words that all devices publish over MQTT: python examples/subscribe.py [BROKER [PORT]]."""

import argparse
import json
import sys
from typing import Any

from paho.mqtt import subscribe
from paho.mqtt.client import Client, MQTTMessage


def _print_word(_client: Client, _userdata: Any, message: MQTTMessage) -> None:
    word = json.loads(message.payload)
    print(f"{word['device']}  {word['confidence']:4.0%}  {word['word']}  {word['word_en']}", flush=True)


parser = argparse.ArgumentParser()
parser.add_argument("broker", nargs="?", default="localhost")
parser.add_argument("port", nargs="?", type=int, default=1883)
options = parser.parse_args()
try:
    subscribe.callback(_print_word, "ishara/+/word", qos=1, hostname=options.broker, port=options.port)
except OSError as error:
    sys.exit(f"subscribe: the broker {options.broker}:{options.port} cannot be reached: {error.strerror or error}")
except KeyboardInterrupt:  # Ctrl+C ends it
    pass
