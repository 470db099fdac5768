"""A daemon that reads its configuration again and again."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from tests.edge.leaks.situation import Situation
from tests.edge.mosquitto import Mosquitto
from tests.edge.ports import free_port
from tests.edge.service_manager import managing

_CONFIG: Final = """\
device = "leaks"
health_every_s = {health_every_s}
[camera]
source = "take:{takes}"
[mqtt]
host = "127.0.0.1"
port = {broker}
[web]
port = {web}
[metrics]
port = {metrics}
"""
_TAKES: Final = Path(__file__).parents[3] / "edge" / "demo" / "takes"
_STOP_S: Final = 20.0


@contextmanager
def reloaded_daemon() -> Iterator[Situation]:
    """Yield the situation in which each round changes the configuration, so that all stages are built anew."""
    with tempfile.TemporaryDirectory() as name, managing(Path(name)) as manager:
        folder = Path(name)
        broker, web, metrics = Mosquitto(folder), free_port(), free_port()
        broker.start()
        seconds, config = count(5), folder / "edge.toml"

        def configure() -> None:
            config.write_text(
                _CONFIG.format(health_every_s=next(seconds), takes=_TAKES, broker=broker.port, web=web, metrics=metrics)
            )

        configure()
        command = [sys.executable, "-m", "edge", "run", "--quiet", "--config", str(config)]
        state = {"NOTIFY_SOCKET": str(manager.path), "XDG_STATE_HOME": str(folder)}
        daemon = subprocess.Popen(command, env=os.environ | state, stderr=subprocess.DEVNULL)

        def reload() -> None:
            after = len(manager.messages)
            configure()
            daemon.send_signal(signal.SIGHUP)
            manager.wait_for("READY", "1", after)

        try:
            manager.wait_for("READY", "1")
            yield Situation(reload, daemon.pid)
        finally:
            daemon.terminate()
            daemon.wait(_STOP_S)
            broker.stop()
