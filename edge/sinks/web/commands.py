"""Commands of those who have shown the token, on their way from the page to the daemon and back.

The page, or a program, posts to `/api/command` what it would publish on the MQTT topic `command`, in JSON:

    fetch("api/command", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(
        {command: "reply", text: "أهلا"})})

The answer is the JSON of the MQTT topic `response`; its status is 200 if the command was executed, else 400. Pages of
other servers cannot send one: the session's cookie is SameSite, JSON needs a preflight that is refused, and `auth.py`
compares the origin. This process only carries the text: the daemon reads it, with a rate limit, and executes no
commands but those of `PAGE_COMMANDS` (`sink.py`): add one there, and register who carries it out (`edge/commands.py`).
"""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.status import (
    HTTP_200_OK,
    HTTP_400_BAD_REQUEST,
    HTTP_403_FORBIDDEN,
    HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from edge.commands import Response as CommandResponse
from edge.requests import MAX_BYTES, WITH_PAYLOAD
from edge.sinks.web.body import read_body
from edge.sinks.web.message import CommandMessage, CommandOutcome

_JSON: Final = "application/json"
_MAX_WAITING: Final = 16
_TIMEOUT_S: Final = 5.0
_SCHEMAS: Final = [kind.model_json_schema() for kind in WITH_PAYLOAD.values()]
_BODY: Final[dict[str, Any]] = {"requestBody": {"required": True, "content": {_JSON: {"schema": {"oneOf": _SCHEMAS}}}}}


class RemoteCommands:
    """Sends commands to the daemon, and hands its outcomes to those who wait for them; on the event loop's thread."""

    def __init__(self, send: Callable[[CommandMessage], None]) -> None:
        self._send = send
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[CommandOutcome]] = {}

    async def execute(self, command: str) -> CommandOutcome | None:
        """Return the outcome of a command in JSON; None if the daemon does not answer in time."""
        if len(self._waiting) >= _MAX_WAITING:
            return None
        number = next(self._numbers)
        outcome = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._send(CommandMessage(number, command))
            return await asyncio.wait_for(outcome, _TIMEOUT_S)
        except TimeoutError:
            return None
        finally:
            del self._waiting[number]

    def receive(self, outcome: CommandOutcome) -> None:
        """Hand over an outcome; nobody waits for a late one."""
        waiting = self._waiting.get(outcome.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(outcome)


def command_router(commands: RemoteCommands, *, has_token: bool) -> APIRouter:
    """Return the router of `/api/command`; without a token nobody may send one."""
    router = APIRouter()

    @router.post("/api/command", summary="Send a command", response_model=CommandResponse, openapi_extra=_BODY)
    async def command(request: Request) -> Response:
        """Have the device execute a command.

        `reply` shows the signer a text, or removes it if the text is empty; `correct` puts a word right, or deletes it.
        `teach` opens a session in which a person teaches a word, `teaching` steers it; `learned` lists what the device
        has learned, with a `content` of the response, shows or removes a take, and undoes the latest version.
        `consent` keeps the takes of a person who has agreed, for some minutes, or ends that. `setup` checks cameras,
        the signer's place and the broker; the event `setup` tells what was found. `settings` reads, previews, changes
        and undoes the settings; the event `settings` tells whether the device uses a change.
        `doctor` begins a health check, whose findings come as the event `doctor`; `support_bundle` returns an archive
        of it with versions, settings and log, in which no secret, no picture, no word and no name is.
        """
        if not has_token:
            return _refusal(HTTP_403_FORBIDDEN, "commands need a token: set token_file in [web]")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            return _refusal(HTTP_415_UNSUPPORTED_MEDIA_TYPE, f"a command is sent as {_JSON}")
        body = await read_body(request, MAX_BYTES)
        if body is None:
            return _refusal(HTTP_400_BAD_REQUEST, f"a command has {MAX_BYTES} bytes at most, which come at once")
        outcome = await commands.execute(body.decode(errors="replace"))
        if outcome is None:
            return _refusal(HTTP_503_SERVICE_UNAVAILABLE, "the device does not answer; try again")
        return Response(outcome.response, HTTP_200_OK if outcome.ok else HTTP_400_BAD_REQUEST, media_type=_JSON)

    return router


def _refusal(status: int, why: str) -> Response:
    return JSONResponse(CommandResponse(ok=False, error=why).model_dump(), status)
