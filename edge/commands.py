"""The commands that a device accepts remotely, and their dispatch to those that carry them out."""

import logging
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from edge.monitoring.status import DeviceStatus
from models.strict_model import StrictModel

log = logging.getLogger(__name__)

MAX_BYTES: Final = 1024
_MAX_CHARACTERS: Final = 64
_BURST: Final = 10
_BURST_S: Final = 10.0


class Command(StrEnum):
    """The names of the commands."""

    PAUSE = "pause"
    RESUME = "resume"
    CLEAR = "clear"
    IDENTIFY = "identify"


class Response(StrictModel):
    """The outcome of a command; `id` is the one of the request, if it had any."""

    id: str | int | None = None
    command: str | None = None
    ok: bool
    error: str | None = None

    def to_json(self) -> str:
        """Return the response on one line."""
        return self.model_dump_json()


class Request(StrictModel):
    """A command in JSON."""

    command: str
    id: str | int | None = None


Handler = Callable[[], None]


class RateLimit:
    """Lets through ten commands in any ten seconds, for whoever sends them may send them without end."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_BURST)
        self._is_exceeded = False

    def admit(self) -> bool:
        """Return True if another command may be executed now. The first refused one of a flood is logged."""
        now = time.monotonic()
        if len(self._recent) == _BURST and now - self._recent[0] < _BURST_S:
            if not self._is_exceeded:
                log.warning("more than %d commands in %.0f s arrive; further ones are ignored", _BURST, _BURST_S)
            self._is_exceeded = True
            return False
        self._recent.append(now)
        self._is_exceeded = self._is_exceeded and now - self._recent[0] < 2 * _BURST_S
        return True


class Commands:
    """Dispatches commands to their handlers, which must be registered before the first command arrives.

    Handlers are called on the thread that executes the command, and must not block.
    """

    def __init__(self, status: DeviceStatus) -> None:
        """`pause` and `resume` set the status."""
        self._handlers: dict[Command, list[Handler]] = {command: [] for command in Command}
        self.register(Command.PAUSE, lambda: status.set_paused(paused=True))
        self.register(Command.RESUME, lambda: status.set_paused(paused=False))

    def register(self, command: Command, handler: Handler) -> None:
        """Call the handler whenever the command is executed."""
        self._handlers[command].append(handler)

    @property
    def available(self) -> frozenset[Command]:
        """The commands that something on this device carries out."""
        return frozenset(command for command, handlers in self._handlers.items() if handlers)

    def execute(self, message: bytes) -> Response:
        """Execute the command in a message: its bare name, or JSON with `command` and optionally an `id`."""
        if len(message) > MAX_BYTES:
            return Response(ok=False, error=f"a command of {len(message)} bytes is too long; at most {MAX_BYTES}")
        try:
            request = _parse(message)
        except ValueError as error:
            return Response(ok=False, error=str(error))
        if request.command not in [*Command]:
            reason = f"there is no command {request.command!r}; there are {', '.join(Command)}"
            return Response(id=request.id, ok=False, error=reason)
        command = Command(request.command)
        handlers = self._handlers[command]
        if not handlers:
            return Response(id=request.id, command=command, ok=False, error=f"nothing on this device can {command}")
        for handler in handlers:
            handler()
        log.info("executed the command %s", command)
        return Response(id=request.id, command=command, ok=True)


def _parse(message: bytes) -> Request:
    """Return the request in a message. Raises ValueError with a sentence for its sender."""
    try:
        text = message.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError("the command is not UTF-8") from error
    if not text.startswith(("{", "[", '"')):
        return Request(command=text.lower()[:_MAX_CHARACTERS])
    try:
        request = Request.model_validate_json(text, strict=True)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise ValueError("the command is neither a bare name nor JSON") from error
        raise ValueError('a command in JSON is {"command": "pause"}, optionally with an "id"') from error
    if len(str(request.id)) > _MAX_CHARACTERS or len(request.command) > _MAX_CHARACTERS:
        raise ValueError(f"a command's name and id may have {_MAX_CHARACTERS} characters at most")
    return request
