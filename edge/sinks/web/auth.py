"""Who may ask: pages of this server and of configured origins, and whoever shows the token, where there is one."""

import asyncio
import math
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.status import (
    HTTP_303_SEE_OTHER,
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_421_MISDIRECTED_REQUEST,
    HTTP_429_TOO_MANY_REQUESTS,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.sinks.web.pages import ASSETS, FILES, PAGE
from edge.sinks.web.token import TokenVerifier, Verdict

COOKIE: Final = "ishara_token"
_LOGIN: Final = "/login"
_KEPT_S: Final = 365 * 24 * 3600
_LONGEST_FORM: Final = 2048
_FORM_S: Final = 5.0


class AuthMiddleware:
    """Lets those in who may, and answers the others."""

    def __init__(self, app: ASGIApp, *, token: str | None, origins: Sequence[str]) -> None:
        self._app = app
        self._lock = None if token is None else TokenVerifier(token)
        self._origins = frozenset(origins)
        self._hosts = frozenset(urlsplit(origin).netloc for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the application inside, or answer instead of it."""
        connection = HTTPConnection(scope)
        answer = self._refuse_strange(connection)
        if answer is None and self._lock is not None and not scope["path"].startswith(ASSETS):
            shows = await _shown_first(connection, receive)
            answer = _refuse(connection, self._lock) if shows is None else _log_in(connection, self._lock, shows)
        if answer is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()  # the connect
            await _deny(answer, send)
        else:
            await answer(scope, receive, send)

    def _refuse_strange(self, connection: HTTPConnection) -> Response | None:
        """The refusal of what a page of another server may have made a browser ask.

        A browser connects any page's websocket here (RFC 6455, 10.2), and a name that was made to mean this machine
        makes a page of another server look like this one's: where no token is asked for, only known names are.
        """
        host, origin = connection.headers.get("host", ""), connection.headers.get("origin")
        if self._lock is None and not _is_local(host) and host not in self._hosts:
            return _refused(HTTP_421_MISDIRECTED_REQUEST, f"{host} is not a name of this server")
        is_own = origin is None or origin in self._origins or _parts(origin).netloc == host
        if connection.scope["type"] == "websocket" and not is_own:
            return _refused(
                HTTP_403_FORBIDDEN, f"pages of {origin} may not connect; [web] origins names those that may"
            )
        return None


async def _shown_first(connection: HTTPConnection, receive: Receive) -> str | None:
    """The token that is shown to be known from then on, in a form or an address; None where that is not asked for."""
    path, method = connection.scope["path"], connection.scope.get("method")
    if path == _LOGIN and method == "POST":
        return await _token_of_form(Request(connection.scope, receive))
    return connection.query_params.get("token") if path == PAGE and method == "GET" else None


def _log_in(connection: HTTPConnection, lock: TokenVerifier, shown: str) -> Response:
    """The answer to a token in a form or an address: the page, which is given it as a cookie, if it is right."""
    verdict = lock.judge(shown, _client(connection))
    if verdict.wait_s:
        return _too_many(verdict)
    page = PAGE.removeprefix("/")
    if not verdict.is_right:
        return RedirectResponse(f"{page}#wrong", HTTP_303_SEE_OTHER)
    answer = RedirectResponse(page, HTTP_303_SEE_OTHER)
    is_safe = connection.scope["scheme"] == "https"
    answer.set_cookie(COOKIE, shown, _KEPT_S, httponly=True, samesite="strict", secure=is_safe)
    return answer


def _refuse(connection: HTTPConnection, lock: TokenVerifier) -> Response | None:
    """The refusal of who brings no token, or a wrong one, with what is asked."""
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    shown = bearer.strip() if scheme.lower() == "bearer" else connection.cookies.get(COOKIE)
    verdict = Verdict() if shown is None else lock.judge(shown, _client(connection))
    if verdict.is_right:
        return None
    if verdict.wait_s:
        return _too_many(verdict)
    if connection.scope["type"] == "http" and connection.scope["path"] == PAGE:
        return FILES["login.html"].answer(Request(connection.scope), HTTP_401_UNAUTHORIZED)
    why = "this device wants its token: as the cookie of its page, or as a bearer"
    return _refused(HTTP_401_UNAUTHORIZED, why, {"WWW-Authenticate": "Bearer"})


async def _token_of_form(request: Request) -> str:
    """The token that a login form holds; empty where there is none, or more than a token."""
    body = b""
    try:
        async with asyncio.timeout(_FORM_S):
            async for piece in request.stream():
                body += piece
                if len(body) > _LONGEST_FORM:
                    return ""
    except (TimeoutError, ClientDisconnect):
        return ""
    return parse_qs(body.decode(errors="replace")).get("token", [""])[0].strip()


def _client(connection: HTTPConnection) -> str:
    return "" if connection.client is None else connection.client.host


async def _deny(refusal: Response, send: Send) -> None:
    """Answer who wanted a websocket."""
    await send({"type": "websocket.http.response.start", "status": refusal.status_code, "headers": refusal.raw_headers})
    await send({"type": "websocket.http.response.body", "body": refusal.body})


def _is_local(host: str) -> bool:
    """Whether a Host header names this machine itself."""
    name = _parts(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _parts(url: str) -> SplitResult:
    """The parts of a URL; none where it is no URL."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _refused(status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": why}, status, headers)


def _too_many(verdict: Verdict) -> Response:
    wait_s = math.ceil(verdict.wait_s)
    return _refused(HTTP_429_TOO_MANY_REQUESTS, f"too many wrong tokens; wait {wait_s} s", {"Retry-After": str(wait_s)})
