"""Where work is done that falls into many jobs: in processes of this machine, or (ray_executor.py) on a Ray cluster.

A job that ends its process, for want of memory or by a fault in a decoder, is done again by a fresh one, a few times;
then it is given up and the others go on. So whatever a job writes must appear whole or not at all.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final, Protocol, TypeVar

from landmarkers.errors import UserError

Job = TypeVar("Job")
Answer = TypeVar("Answer")

ATTEMPTS: Final = 3


class EngineUnavailable(UserError):
    """An engine that is not installed or a cluster that does not answer; the message says what to do."""


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """Stands for the answer to a job whose worker died at every attempt."""

    attempts: int = ATTEMPTS


class Engine(Protocol):
    """Does jobs side by side."""

    def run(self, work: Callable[[Job], Answer], jobs: Sequence[Job]) -> Iterator[tuple[Job, Answer | WorkerLost]]:
        """Each job with its answer, in the order in which they are done.

        `work` is a function of some module, which the workers import, and raises nothing that is expected: it answers
        with it. Raises EngineUnavailable.
        """


class LocalEngine:
    """Processes of this machine. One that dies is replaced, and the job it had is done again."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def run(self, work: Callable[[Job], Answer], jobs: Sequence[Job]) -> Iterator[tuple[Job, Answer | WorkerLost]]:
        """Each job with its answer, in the order in which they are done."""
        waiting = deque((job, 1) for job in jobs)
        team: dict[Connection, _Worker] = {}
        try:
            while waiting or team:
                while waiting and len(team) < self._workers:
                    worker = _Worker(work)
                    team[worker.connection] = worker
                    worker.give(*waiting.popleft())
                for connection in wait(list(team)):
                    worker = team[connection]  # type: ignore[index]
                    job, attempt = worker.job
                    try:
                        answer = worker.connection.recv()
                    except (EOFError, OSError):  # it died
                        team.pop(worker.connection).end()
                        if attempt < ATTEMPTS:
                            waiting.appendleft((job, attempt + 1))
                        else:
                            yield job, WorkerLost()
                        continue
                    if waiting:
                        worker.give(*waiting.popleft())
                    else:
                        team.pop(worker.connection).end()
                    yield job, answer
        finally:
            for worker in team.values():
                worker.end()


class _Worker:
    """A process that does one job at a time, so that it is known which job it had when it died."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = get_context("spawn")  # a fresh interpreter: threads do not survive a fork
        self.connection, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs, work), daemon=True)
        self._process.start()
        theirs.close()  # or its death would go unnoticed
        self.job: tuple[Any, int] = (None, 0)

    def give(self, job: Any, attempt: int) -> None:
        """Let it begin a job."""
        self.job = (job, attempt)
        with suppress(BrokenPipeError):  # it died; receiving tells
            self.connection.send(job)

    def end(self) -> None:
        """End it, whatever it does."""
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _serve(connection: Connection, work: Callable[[Any], Any]) -> None:
    """Do jobs until whoever gives them is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever gives jobs is told to stop, and ends this process
    _be_quiet()
    with suppress(EOFError, OSError):
        while True:
            connection.send(work(connection.recv()))


def _be_quiet() -> None:
    """Send what the networks' runtime prints on start nowhere; the progress bar keeps the terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
