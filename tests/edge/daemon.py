"""The daemon as a process of its own, as a user or systemd starts it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from edge.config.explanation import PREFIX
from edge.monitoring.health import Health
from edge.recognition.word import Word
from landmarkers.task_bundles import FOLDER_VARIABLE
from tests.edge.mosquitto import Listener
from tests.edge.waiting import PATIENCE_S, wait_until

STOP_S = 2.0
"""The daemon must have stopped so many seconds after a signal."""


def settings_of_this_machine() -> set[str]:
    """Return the variables of the user who runs the tests, which must not reach them."""
    return {name for name in os.environ if name.startswith(PREFIX)} - {FOLDER_VARIABLE}


def mqtt_settings(port: int) -> dict[str, str]:
    """Return the variables for a broker on this machine and frequent health."""
    return {
        "ISHARA_MQTT_HOST": "127.0.0.1",
        "ISHARA_MQTT_PORT": str(port),
        "ISHARA_DEVICE": "entrance",
        "ISHARA_HEALTH_EVERY_S": "1",
    }


def frame_count(listener: Listener) -> int:
    """Return how many frames the daemon has reported so far."""
    return max((Health.model_validate_json(message.payload).frames for message in listener.on("health")), default=0)


class Daemon:
    """`ishara-edge` with some arguments; its output is collected while it runs."""

    def __init__(
        self, folder: Path, *arguments: str | Path, settings: Mapping[str, str] | None = None, module: str = "edge"
    ) -> None:
        """Start it in a folder, with the settings as environment variables."""
        environment = {name: value for name, value in os.environ.items() if name not in settings_of_this_machine()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=environment | dict(settings or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._printed: list[str] = []
        self._logged: list[str] = []
        self._readers = [
            threading.Thread(target=_collect, args=pipe, daemon=True)
            for pipe in ((self.process.stdout, self._printed), (self.process.stderr, self._logged))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def logged(self) -> str:
        """Return its standard error so far."""
        return "".join(self._logged)

    @property
    def printed(self) -> str:
        """Return its standard output so far."""
        return "".join(self._printed)

    def wait_for_log(self, text: str) -> None:
        """Wait until it logs this, or exits."""
        wait_until(lambda: text in self.logged or self.process.poll() is not None, f"the daemon's “{text}”")
        assert text in self.logged, self.logged

    def wait(self) -> int:
        """Wait until it exits; return its exit code."""
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return code

    def words(self) -> list[Word]:
        """Wait until it exits; return the words that it printed with `--jsonl`."""
        self.wait()
        return self.words_so_far()

    def words_so_far(self) -> list[Word]:
        """Return the words that it has printed with `--jsonl`."""
        return printed_words(self.printed)

    def refusal(self) -> str:
        """Wait until it exits with code 2; return the one sentence that it printed as the reason."""
        assert self.wait() == 2
        assert self.words() == []
        assert "Traceback" not in self.logged
        sentences = [line for line in self.logged.splitlines() if line.startswith("ishara-edge: ")]
        assert len(sentences) == 1
        return sentences[0]

    def seconds_to_stop(self, number: signal.Signals) -> float:
        """Send a signal; return the seconds until it has exited."""
        sent_at = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - sent_at

    def end(self) -> None:
        """Kill it at the end of a test."""
        self.process.kill()
        self.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


def _collect(pipe: IO[str], lines: list[str]) -> None:
    for line in pipe:
        lines.append(line)  # noqa: PERF402  # each line must be there as soon as it is written


def printed_words(lines: str) -> list[Word]:
    """Return the words among the events that a daemon printed with `--jsonl`."""
    return [Word.model_validate_json(line) for line in lines.splitlines() if '"event_type":"word"' in line]
