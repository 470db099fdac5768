"""Runs on the device: writes each received MQTT message as a line of JSON into the given file."""

import json
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode


def main() -> None:
    """Listen for ever."""
    with Path(sys.argv[1]).open("a", buffering=1, encoding="utf-8") as file:

        def write(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
            received = {"topic": message.topic, "payload": message.payload.decode(), "retained": message.retain}
            file.write(json.dumps(received) + "\n")

        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
        client.on_connect = lambda client, *_: client.subscribe([("ishara/#", 2), ("homeassistant/#", 2)])
        client.on_message = write
        while True:
            # paho itself waits at least a second between two attempts, and the daemon would reconnect sooner.
            try:
                client.connect("127.0.0.1", 1883)
                while client.loop(1.0) == MQTTErrorCode.MQTT_ERR_SUCCESS:
                    pass
            except OSError:
                time.sleep(0.02)


if __name__ == "__main__":
    main()
