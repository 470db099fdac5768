"""Runs many jobs in parallel, in processes of this machine or (ray_executor.py) on a Ray cluster.

A job whose process dies, for want of memory or by a fault in a decoder, is retried in a fresh process a few times; then
it is given up and the other jobs continue. One whose process stood still (watchdog.py) is given up at once. So whatever
a job writes must appear whole or not at all.
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
Result = TypeVar("Result")

ATTEMPTS: Final = 3


class ExecutorUnavailable(UserError):
    """An executor that is not installed, or a cluster that does not answer; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """Replaces the result of a job whose worker died at every attempt, or stood still."""

    attempts: int = ATTEMPTS
    stood_still: bool = False

    def __str__(self) -> str:
        """Say what happened, after the name of what the worker worked on."""
        return (
            "made its worker stand still"
            if self.stood_still
            else f"ended its worker at each of {self.attempts} attempts"
        )


class Executor(Protocol):
    """Runs jobs in parallel."""

    def run(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[Job, Result | WorkerLost]]:
        """Yield each job with its result, in the order of completion.

        `function` is importable from a module, as the workers import it, and returns expected errors instead of
        raising them. Raises ExecutorUnavailable.
        """


class LocalExecutor:
    """Runs jobs in processes of this machine, replaces a process that dies and retries its job."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def run(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[Job, Result | WorkerLost]]:
        """Yield each job with its result, in the order of completion."""
        pending = deque((job, 1) for job in jobs)
        workers: dict[Connection, _Worker] = {}
        try:
            while pending or workers:
                while pending and len(workers) < self._workers:
                    worker = _Worker(function)
                    workers[worker.connection] = worker
                    worker.start_job(*pending.popleft())
                for connection in wait(list(workers)):
                    worker = workers[connection]  # type: ignore[index]
                    job, attempt = worker.job
                    try:
                        result = worker.connection.recv()
                    except (EOFError, OSError):  # the process died
                        exit_code = workers.pop(worker.connection).terminate()
                        if exit_code == -signal.SIGALRM:
                            yield job, WorkerLost(attempt, stood_still=True)
                        elif attempt < ATTEMPTS:
                            pending.appendleft((job, attempt + 1))
                        else:
                            yield job, WorkerLost()
                        continue
                    if pending:
                        worker.start_job(*pending.popleft())
                    else:
                        workers.pop(worker.connection).terminate()
                    yield job, result
        finally:
            for worker in workers.values():
                worker.terminate()


class _Worker:
    """A process that runs one job at a time, so that the job is known when the process dies."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        context = get_context("spawn")  # a fresh interpreter: threads do not survive a fork
        self.connection, child_connection = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_run_jobs, args=(child_connection, function), daemon=True)
        self._process.start()
        child_connection.close()  # otherwise the death of the process would go unnoticed
        self.job: tuple[Any, int] = (None, 0)

    def start_job(self, job: Any, attempt: int) -> None:
        """Send the process a job."""
        self.job = (job, attempt)
        with suppress(BrokenPipeError):  # the process died; receiving raises EOFError
            self.connection.send(job)

    def terminate(self) -> int | None:
        """Terminate the process, also in the middle of a job, and return its exit code, which tells how it ended."""
        self.connection.close()
        self._process.terminate()
        self._process.join()
        return self._process.exitcode


def _run_jobs(connection: Connection, function: Callable[[Any], Any]) -> None:
    """Run jobs until the parent process closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C and terminates this process
    _silence_stderr()
    with suppress(EOFError, OSError):
        while True:
            connection.send(function(connection.recv()))


def _silence_stderr() -> None:
    """Discard the start-up messages of the networks' runtime, which would break the progress bar on the terminal."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
