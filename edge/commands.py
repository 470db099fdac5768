"""Dispatches the commands that a device accepts remotely to those that carry them out.

They come from MQTT and from the live page, and have the forms of `edge/requests`. A part of the daemon that carries
out `reply` registers itself where it is opened, in `edge/outputs.py`:

    commands.register(Command.CLEAR, captions.clear)
    commands.register_payload(Reply, captions.show_reply)
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from typing import Any, Final, TypeVar

from pydantic import JsonValue

from edge.monitoring.status import DeviceStatus
from edge.requests import PAGE_ONLY, Command, Reply, Request, RequestRefused, read_request
from models.strict_model import StrictModel

log = logging.getLogger(__name__)

REMOTE_COMMANDS: Final = frozenset(Command) - PAGE_ONLY
"""The commands that are executed for whoever may publish on the topic `command`."""
_UNAVAILABLE: Final = {
    Command.IDENTIFY: "it has no screen ([captions])",
    Command.REPLY: "it has neither a screen ([captions]) nor a page ([web])",
    Command.CLEAR: "it has neither a screen ([captions]) nor a page ([web])",
    Command.TEACH: "it has no section [learning] in which teach is not false",
    Command.TEACHING: "it has no section [learning] in which teach is not false",
    Command.LEARNED: "it has no section [learning]",
    Command.CONSENT: "it has no section [learning]",
    Command.SNAPSHOT: "[mqtt] snapshot is off",
    Command.ACTIVATE: "[mqtt] choose_model is false, or its settings are managed",
    Command.VOCABULARY: "it has no [vocabulary.sets]",
}
"""Why a device does not carry out a command, by its configuration."""
_BURST: Final = 10
_BURST_S: Final = 10.0


class Response(StrictModel):
    """The outcome of a command; `id` is the one of the request, if it had any."""

    id: str | int | None = None
    command: str | None = None
    ok: bool
    error: str | None = None
    content: JsonValue = None
    """The answer of a command that asks for something."""

    def to_json(self) -> str:
        """Return the response on one line."""
        return self.model_dump_json(exclude={"content"} if self.content is None else None)


R = TypeVar("R", bound=Request)
Handler = Callable[[Any], StrictModel | None]


class RateLimit:
    """Lets through a number of commands in any ten seconds, for whoever sends them may send them without end."""

    def __init__(self, burst: int = _BURST) -> None:
        self._recent: deque[float] = deque(maxlen=burst)
        self._burst = burst
        self._is_exceeded = False

    def admit(self) -> bool:
        """Return True if another command may be executed now. The first refused one of a flood is logged."""
        now = time.monotonic()
        if len(self._recent) == self._burst and now - self._recent[0] < _BURST_S:
            if not self._is_exceeded:
                log.warning("more than %d commands in %.0f s arrive; further ones are ignored", self._burst, _BURST_S)
            self._is_exceeded = True
            return False
        self._recent.append(now)
        self._is_exceeded = self._is_exceeded and now - self._recent[0] < 2 * _BURST_S
        return True


class Commands:
    """Executes commands, one after another; handlers must be registered before the first command arrives.

    Handlers are called on the thread that executes the command, and must not block. One that cannot do what it is asked
    raises RequestRefused with a sentence for the sender.
    """

    def __init__(self, status: DeviceStatus) -> None:
        """`pause` and `resume` set the status."""
        self._handlers: dict[Command, list[Handler]] = {command: [] for command in Command}
        self._on_executed: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self.register(Command.PAUSE, lambda: status.set_paused(paused=True))
        self.register(Command.RESUME, lambda: status.set_paused(paused=False))

    def register(self, command: Command, handler: Callable[[], None]) -> None:
        """Call the handler whenever the command is executed."""
        self._handlers[command].append(lambda _request: handler())

    def register_payload(self, kind: type[R], handler: Callable[[R], StrictModel | None]) -> None:
        """Call the handler with the request whenever a request of this kind is executed.

        What it returns, if anything, is the content of the response.
        """
        self._handlers[kind.name].append(handler)

    def on_executed(self, callback: Callable[[], None]) -> None:
        """Call this after every command that was executed."""
        self._on_executed.append(callback)

    @property
    def available(self) -> frozenset[Command]:
        """The commands that something on this device carries out."""
        return frozenset(command for command, handlers in self._handlers.items() if handlers)

    def execute(self, message: bytes, accepted: Collection[Command] = REMOTE_COMMANDS) -> Response:
        """Execute the command in a message: its bare name, or JSON. Only the accepted ones are executed."""
        try:
            request = read_request(message)
        except RequestRefused as refusal:
            return Response(id=refusal.request_id, ok=False, error=str(refusal))
        command = Command(request.command)
        try:
            content = self._carry_out(command, request, accepted)
        except RequestRefused as refusal:
            return Response(id=request.id, command=command, ok=False, error=str(refusal))
        is_passing = isinstance(request, Reply) and request.partial  # several come each second
        log.log(logging.DEBUG if is_passing else logging.INFO, "executed the command %s", command)
        for callback in self._on_executed:
            callback()
        return Response(id=request.id, command=command, ok=True, content=content)

    def _carry_out(self, command: Command, request: Request, accepted: Collection[Command]) -> JsonValue:
        if command not in accepted:
            where = "on the live page alone" if command in PAGE_ONLY else "over MQTT alone"
            raise RequestRefused(f"the command {command} is accepted {where}")
        if not self._handlers[command]:
            reason = _UNAVAILABLE.get(command)
            raise RequestRefused(f"this device does not carry out {command}" + (f": {reason}" if reason else ""))
        with self._lock:
            answers = [handler(request) for handler in self._handlers[command]]
        return next((answer.model_dump(mode="json") for answer in answers if answer is not None), None)
