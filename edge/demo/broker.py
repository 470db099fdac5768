"""A broker inside the demo, for a machine that has none."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from amqtt.broker import Broker

_START_S = 10.0


@contextmanager
def embedded_broker() -> Iterator[int]:
    """A broker on a free local port, which is given, while inside."""
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    port = _free_port()
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="broker", daemon=True).start()
    broker = asyncio.run_coroutine_threadsafe(_start(port), loop).result(_START_S)
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(broker.shutdown(), loop).result(_START_S)
        loop.call_soon_threadsafe(loop.stop)


async def _start(port: int) -> Broker:
    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}
    broker = Broker({"listeners": listeners, "plugins": plugins})
    await broker.start()
    return broker


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
