"""The supervised recognition worker, as seen from the event loop: a request is awaited until its reply arrives."""

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from edge.sinks.web.visitors.jpeg import ENVIRONMENT
from edge.sinks.web.visitors.protocol import (
    REPLY_TYPES,
    Forget,
    LoadModel,
    ModelLoaded,
    Recognise,
    Recognised,
    Reply,
)
from edge.workers.backoff import Backoff
from edge.workers.process import Program
from edge.workers.supervised_thread import Escalation
from edge.workers.supervisor import Callbacks, SupervisedProcess
from landmarkers.task_bundles import FOLDER_VARIABLE

T = TypeVar("T")

log = logging.getLogger(__name__)

_START_S: Final = 60.0  # a small device, busy with its own stream, loads slowly
_REPLY_S: Final = 20.0


class RecognitionLost(Exception):
    """The worker ended, hangs or was replaced; the message says why."""

    def __init__(self, reason: str, *, is_at_fault: bool = False) -> None:
        """`is_at_fault` is True if the worker failed while it was busy with this request, not with those before it."""
        super().__init__(reason)
        self.is_at_fault = is_at_fault


class RecognitionRefused(Exception):
    """The worker cannot be started; the message says why."""


class RecognitionProcess:
    """Sends requests to the worker and matches the replies, which come in order; used on the event loop's thread."""

    def __init__(self) -> None:
        """Start nothing yet; see `ensure_ready`."""
        self._worker = SupervisedProcess(
            Program("edge.sinks.web.visitors", REPLY_TYPES, sends_heartbeats=False, environment=_environment()),
            Callbacks(
                initial_messages=self._initial_messages,
                next_message=lambda: None,
                receive=lambda reply: self._call_on_loop(self._receive, reply),
                report=lambda reason: self._call_on_loop(self._handle_failure, reason),
                escalation=Escalation(
                    lambda _thread, fault: self._call_on_loop(self._handle_failure, fault), _end_process
                ),
                suspended=lambda: self._call_on_loop(self._handle_end, "it was replaced"),
            ),
            name="the visitors' recognition",
            backoff=Backoff(first_s=0.5, longest_s=10.0, immediate=1, stable_after_s=60.0),
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._model: LoadModel | None = None
        self._attempted_model: LoadModel | None = None
        self._working_model: LoadModel | None = None
        self._is_ready = False
        self._is_suspended = False
        self._start_error: str | None = None
        self._start_timeout: asyncio.TimerHandle | None = None
        self._in_flight: deque[asyncio.Future[Recognised]] = deque()
        self._starting: list[asyncio.Future[None]] = []
        self.restarts = 0
        """The number of restarts after a crash or a hang."""

    @property
    def pid(self) -> int | None:
        """The process id, while one runs."""
        return self._worker.pid

    def load_model(self, model: LoadModel) -> None:
        """Classify with this model from now on, or from the next start.

        A worker that runs cannot open the bundle, so that another takes its place.
        """
        self._model = replace(model, folder=str(Path(model.folder).absolute()))
        if self._working_model is not None and self._working_model.learned != model.learned:
            # Should this model not load, the one before is used again, but nothing that may have been forgotten.
            self._working_model = replace(self._working_model, learned=b"")
        if self._start_error is not None:
            self._start_error = None
            self._worker.retry_now()
        elif self._loop is not None and not self._is_suspended:
            self._is_ready = False
            self._worker.suspend()
            self._worker.resume()

    async def ensure_ready(self) -> None:
        """Start the worker if it does not run, and wait until it is ready. Raises RecognitionRefused."""
        if self._model is None:
            raise RecognitionRefused("no model is loaded yet")
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._worker.start()
        self._is_suspended = False
        self._worker.resume()
        if self._is_ready:
            return
        if self._start_error is not None:
            raise RecognitionRefused(self._start_error)
        future = self._loop.create_future()
        self._starting.append(future)
        await future

    async def ask(self, request: Recognise) -> Recognised:
        """Return the reply to a request; a worker that does not answer in time is restarted. Raises RecognitionLost."""
        if self._loop is None or not self._is_ready:
            raise RecognitionLost("it is not ready")
        future: asyncio.Future[Recognised] = self._loop.create_future()
        self._in_flight.append(future)
        self._worker.send(request)
        try:
            # Shielded: the reply to a visitor who has left meanwhile still arrives, and belongs to nobody else.
            return await asyncio.wait_for(asyncio.shield(future), _REPLY_S)
        except TimeoutError:
            reason = f"it gave no answer within {_REPLY_S:.0f} s"
            self._worker.restart(reason)
            raise RecognitionLost(reason, is_at_fault=True) from None

    def forget(self, visitor: int) -> None:
        """Release what the worker keeps for a visitor."""
        if self._is_ready:
            self._worker.send(Forget(visitor))

    def suspend(self) -> None:
        """End the worker until `ensure_ready` starts it again."""
        self._is_ready, self._is_suspended, self._start_error = False, True, None
        self._worker.suspend()

    async def close(self) -> None:
        """End the worker for good."""
        self._handle_end("it was closed")
        await asyncio.to_thread(self._worker.close)

    def _initial_messages(self) -> Iterable[LoadModel]:
        model = self._model
        self._call_on_loop(self._handle_start, model)
        return [] if model is None else [model]

    def _call_on_loop(self, function: Callable[[T], None], argument: T) -> None:
        """Call a function on the event loop's thread; after the end of the loop nobody needs the call."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(function, argument)

    def _handle_start(self, model: LoadModel | None) -> None:
        self._start_error, self._attempted_model = None, model
        if self._loop is not None:
            reason = f"it did not start within {_START_S:.0f} s"
            self._start_timeout = self._loop.call_later(_START_S, self._worker.restart, reason)

    def _receive(self, reply: Reply) -> None:
        match reply:
            case ModelLoaded():
                self._handle_model(reply)
            case Recognised() if self._in_flight:
                future = self._in_flight.popleft()
                if not future.done():
                    future.set_result(reply)
            case _:
                return  # a failure, which the supervisor reports when the worker has ended, or a reply after `close`

    def _handle_model(self, reply: ModelLoaded) -> None:
        if self._attempted_model is not self._model:
            return  # the worker that replaces this one is about to start
        message = f"{reply.title} recognises what visitors sign"
        self._is_ready, self._working_model = True, self._model
        self._cancel_start_timeout()
        self._worker.report_ready(message, f"the visitors' recognition is back: {message}")
        for future in self._starting:
            if not future.done():
                future.set_result(None)
        self._starting.clear()

    def _handle_failure(self, reason: str | None) -> None:
        if reason is None:
            return
        if self._is_ready:
            self.restarts += 1
        elif self._attempted_model is not self._model:
            self._worker.retry_now()  # it failed with a model that has been replaced meanwhile
        elif self._working_model not in (None, self._model):
            log.warning("visitors continue with the old model: %s", reason)
            self._model = self._working_model
            self._worker.retry_now()
        elif not self._is_suspended:
            self._refuse_all(reason)
        self._handle_end(reason, is_failure=True)

    def _refuse_all(self, reason: str) -> None:
        self._start_error = reason
        for future in self._starting:
            if not future.done():
                future.set_exception(RecognitionRefused(reason))
        self._starting.clear()

    def _handle_end(self, reason: str, *, is_failure: bool = False) -> None:
        """Fail the requests in flight; the first of them is the one that the worker was busy with."""
        self._is_ready = False
        self._cancel_start_timeout()
        is_first = is_failure
        while self._in_flight:
            future = self._in_flight.popleft()
            if not future.done():
                future.set_exception(RecognitionLost(reason, is_at_fault=is_first))
                future.exception()  # marks it as retrieved: its visitor may have left
            is_first = False

    def _cancel_start_timeout(self) -> None:
        if self._start_timeout is not None:
            self._start_timeout.cancel()


def _environment() -> dict[str, str]:
    """Return the worker's environment: nothing of the daemon's but where the landmark networks are."""
    return ENVIRONMENT | {name: value for name, value in os.environ.items() if name == FOLDER_VARIABLE}


def _end_process(reason: str) -> None:
    """End the whole page, which the daemon then starts again."""
    sys.stderr.write(f"{reason}\n")
    sys.stderr.flush()
    os._exit(1)
