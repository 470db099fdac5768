"""What a device can be told to do from afar, and who does it."""

import json
import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from edge.monitoring.status import DeviceStatus
from models.strict_model import StrictModel

log = logging.getLogger(__name__)

MAX_BYTES: Final = 1024
_LONGEST_ID: Final = 64


class Command(StrEnum):
    """What can be asked for."""

    PAUSE = "pause"
    RESUME = "resume"
    CLEAR = "clear"
    IDENTIFY = "identify"


class Response(StrictModel):
    """What became of a command; `id` is the one that came with it, if any did."""

    id: str | int | None = None
    command: str | None = None
    ok: bool
    error: str | None = None

    def to_json(self) -> str:
        """The answer on one line."""
        return self.model_dump_json()


class Request(StrictModel):
    """A command as it comes in JSON."""

    command: str
    id: str | int | None = None


Handler = Callable[[], None]


class Commands:
    """Knows who obeys which command: whoever can do something about one registers here before the first may come.

    Handlers are called on the thread that brought the command, and must not block.
    """

    def __init__(self, status: DeviceStatus) -> None:
        """Pausing and going on are obeyed by the standing itself."""
        self._handlers: dict[Command, list[Handler]] = {command: [] for command in Command}
        self.register(Command.PAUSE, lambda: status.set_paused(paused=True))
        self.register(Command.RESUME, lambda: status.set_paused(paused=False))

    def register(self, command: Command, handler: Handler) -> None:
        """Call this whenever the command comes."""
        self._handlers[command].append(handler)

    def execute(self, message: bytes) -> Response:
        """Do what a message asks for: a command's bare name, or JSON with `command` and maybe an `id`."""
        if len(message) > MAX_BYTES:
            return Response(ok=False, error=f"a command of {len(message)} bytes is too long: {MAX_BYTES} may be")
        try:
            request = _parse(message)
        except ValueError as error:
            return Response(ok=False, error=str(error))
        if request.command not in [*Command]:
            commands = ", ".join(Command)
            return Response(
                id=request.id, ok=False, error=f"there is no command {request.command!r}; there are {commands}"
            )
        command = Command(request.command)
        handlers = self._handlers[command]
        if not handlers:
            return Response(id=request.id, command=command, ok=False, error=f"nothing on this device can {command}")
        for handler in handlers:
            handler()
        log.info("obeyed the command %s", command)
        return Response(id=request.id, command=command, ok=True)


def _parse(message: bytes) -> Request:
    """What a message asks for. Raises ValueError with a sentence for who sent it."""
    try:
        text = message.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError("the command is not UTF-8") from error
    if not text.startswith(("{", "[", '"')):
        return Request(command=text.lower()[:_LONGEST_ID])
    try:
        content = json.loads(text)
        request = Request.model_validate(content, strict=True)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError("the command is neither a bare name nor JSON") from error
    except ValidationError as error:
        raise ValueError('a command in JSON is {"command": "pause"}, with an "id" if you like') from error
    if len(str(request.id)) > _LONGEST_ID or len(request.command) > _LONGEST_ID:
        raise ValueError(f"a command's name and id may have {_LONGEST_ID} characters")
    return request
