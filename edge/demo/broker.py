"""A broker inside the demo, for a machine without one."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from amqtt.broker import Broker

from edge.demo.ports import find_free_port

_TIMEOUT_S: Final = 10.0


@contextmanager
def embedded_broker() -> Iterator[int]:
    """Run a broker on a free local port, which is yielded."""
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    port = find_free_port()
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="broker", daemon=True).start()
    broker = asyncio.run_coroutine_threadsafe(_start(port), loop).result(_TIMEOUT_S)
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(broker.shutdown(), loop).result(_TIMEOUT_S)
        loop.call_soon_threadsafe(loop.stop)


async def _start(port: int) -> Broker:
    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}
    broker = Broker({"listeners": listeners, "plugins": plugins})
    await broker.start()
    return broker
