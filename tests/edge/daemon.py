"""The daemon as a program of its own, as a user or systemd starts it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from edge.config.loading import PREFIX
from edge.recognition.word import Word
from landmarkers.task_bundles import FOLDER_VARIABLE
from tests.edge.waiting import PATIENCE_S, wait_until


def settings_of_this_machine() -> set[str]:
    """Variables of whoever runs the tests, which must not reach them."""
    return {name for name in os.environ if name.startswith(PREFIX)} - {FOLDER_VARIABLE}


class Daemon:
    """`ishara-edge` with some arguments; what it prints is gathered while it runs."""

    def __init__(self, folder: Path, *arguments: str | Path, settings: Mapping[str, str] | None = None) -> None:
        """Start it in a folder, with the settings as environment variables."""
        environment = {name: value for name, value in os.environ.items() if name not in settings_of_this_machine()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge", *arguments],
            cwd=folder,
            env=environment | dict(settings or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._printed: list[str] = []
        self._logged: list[str] = []
        self._readers = [
            threading.Thread(target=_gather, args=pipe, daemon=True)
            for pipe in ((self.process.stdout, self._printed), (self.process.stderr, self._logged))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def logged(self) -> str:
        """What it wrote on standard error so far."""
        return "".join(self._logged)

    @property
    def printed(self) -> str:
        """What it wrote on standard output so far."""
        return "".join(self._printed)

    def wait_for_log(self, text: str) -> None:
        """Wait until it logs this, or leaves."""
        wait_until(lambda: text in self.logged or self.process.poll() is not None, f"the daemon's “{text}”")
        assert text in self.logged, self.logged

    def wait(self) -> int:
        """Its exit code, once it has left."""
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return code

    def words(self) -> list[Word]:
        """The words that it printed with `--jsonl`, once it has left."""
        self.wait()
        return [Word.model_validate_json(line) for line in self._printed]

    def seconds_to_leave(self, number: signal.Signals) -> float:
        """How long it takes to leave when a signal tells it to."""
        asked = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - asked

    def end(self) -> None:
        """End it however it is, at the end of a test."""
        self.process.kill()
        self.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


def _gather(pipe: IO[str], lines: list[str]) -> None:
    for line in pipe:
        lines.append(line)  # noqa: PERF402  # each line is to be there as soon as it is written
