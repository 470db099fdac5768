"""A broker that closes each connection once the device has said what it is."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from edge.config import MqttConfig
from edge.sinks.mqtt import publisher
from tests.edge.leaks.closing_server import ClosingServer
from tests.edge.leaks.situation import Situation
from tests.edge.waiting import wait_until
from tests.edge.word_publisher import open_sink

_CONNACK: Final = bytes.fromhex("20 03 00 00 00")
_RETRY_S: Final = 0.005


def _serve(client: socket.socket) -> None:
    """Accept the client, and read until it has published `online`."""
    received = client.recv(4096)
    client.sendall(_CONNACK)
    while b"online" not in received[-200:]:
        received += client.recv(65536)


@contextmanager
def reconnected_broker() -> Iterator[Situation]:
    """Yield the situation in which each round is a connection of the device to its broker."""
    with (
        closing(ClosingServer(_serve)) as broker,
        tempfile.TemporaryDirectory() as folder,
        patch.object(publisher, "_FIRST_RETRY_S", _RETRY_S),
        patch.object(publisher, "_LONGEST_RETRY_S", _RETRY_S),
    ):
        config = MqttConfig(host="127.0.0.1", port=broker.port, hold_after_reconnect_s=0.0)
        sink, _, outbox = open_sink(config, Path(folder) / "outbox")

        def wait_for_next_connection() -> None:
            before = broker.served
            wait_until(lambda: broker.served > before, "the next connection")

        try:
            yield Situation(wait_for_next_connection, os.getpid())
        finally:
            sink.close()
            outbox.close()
