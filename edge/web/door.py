"""Who may ask: pages of this server and of configured origins, and whoever shows the token, where there is one."""

import secrets
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.status import (
    HTTP_303_SEE_OTHER,
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_413_CONTENT_TOO_LARGE,
    HTTP_421_MISDIRECTED_REQUEST,
    HTTP_429_TOO_MANY_REQUESTS,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.web.pages import ASSETS, FILES, PAGE
from edge.web.patience import Patience

COOKIE: Final = "ishara_token"
_LOGIN: Final = "/login"
_KEPT_S: Final = 365 * 24 * 3600
_LONGEST_FORM: Final = 2048


class Door:
    """Lets those in who may, and answers the others."""

    def __init__(self, app: ASGIApp, *, token: str | None, origins: Sequence[str]) -> None:
        self._app = app
        self._token = token
        self._origins = frozenset(origins)
        self._hosts = frozenset(urlsplit(origin).netloc for origin in origins)
        self._patience = Patience()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the application inside, or answer instead of it."""
        connection = HTTPConnection(scope)
        refusal = self._refuse_strange(connection)
        if refusal is None and self._token is not None:
            refusal = await self._refuse_unknown(connection, self._token, receive)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()  # the connect
            await _deny(refusal, send)
        else:
            await refusal(scope, receive, send)

    def _refuse_strange(self, connection: HTTPConnection) -> Response | None:
        """The refusal of what a page of another server may have made a browser ask.

        A browser connects any page's websocket here (RFC 6455, 10.2), and a name that was made to mean this machine
        makes a page of another server look like this one's: where no token is asked for, only known names are.
        """
        host, origin = connection.headers.get("host", ""), connection.headers.get("origin")
        if self._token is None and not _is_local(host) and host not in self._hosts:
            return _refused(HTTP_421_MISDIRECTED_REQUEST, f"{host} is not a name of this server")
        is_own = origin is None or origin in self._origins or urlsplit(origin).netloc == host
        if connection.scope["type"] == "websocket" and not is_own:
            return _refused(
                HTTP_403_FORBIDDEN, f"pages of {origin} may not connect; [web] origins names those that may"
            )
        return None

    async def _refuse_unknown(self, connection: HTTPConnection, token: str, receive: Receive) -> Response | None:
        """The refusal of who does not show the token, or the answer to who shows it for the first time."""
        path, is_asked = connection.scope["path"], connection.scope["type"] == "http"
        method = connection.scope.get("method", "")
        if path.startswith(ASSETS):
            return None
        client = "" if connection.client is None else connection.client.host
        if is_asked and path == _LOGIN and method == "POST":
            shown = await _token_of_form(Request(connection.scope, receive))
            if shown is None:
                return _refused(HTTP_413_CONTENT_TOO_LARGE, "a form with a token is short")
        elif is_asked and path == PAGE and "token" in connection.query_params:
            shown = connection.query_params["token"]
        else:
            return self._refuse_untold(connection, token, client)
        if (wait_s := self._patience.wait_s(client)) > 0.0:
            return _too_many(wait_s)
        if self._is_right(shown, token, client):
            answer = RedirectResponse(PAGE.removeprefix("/"), HTTP_303_SEE_OTHER)
            is_safe = connection.scope["scheme"] == "https"
            answer.set_cookie(COOKIE, token, _KEPT_S, httponly=True, samesite="strict", secure=is_safe)
            return answer
        return RedirectResponse(f"{PAGE.removeprefix('/')}#wrong", HTTP_303_SEE_OTHER)

    def _refuse_untold(self, connection: HTTPConnection, token: str, client: str) -> Response | None:
        """The refusal of who brings no token, or a wrong one, with what is asked."""
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        shown = bearer.strip() if scheme.lower() == "bearer" else connection.cookies.get(COOKIE)
        if shown is not None:
            if (wait_s := self._patience.wait_s(client)) > 0.0:
                return _too_many(wait_s)
            if self._is_right(shown, token, client):
                return None
        if connection.scope["type"] == "http" and connection.scope["path"] == PAGE:
            return FILES["login.html"].answer(Request(connection.scope), HTTP_401_UNAUTHORIZED)
        refusal = _refused(
            HTTP_401_UNAUTHORIZED, "this device wants its token: as a cookie of its page, or as a bearer"
        )
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal

    def _is_right(self, shown: str, token: str, client: str) -> bool:
        is_right = secrets.compare_digest(shown.encode(), token.encode())
        if not is_right:
            self._patience.lose(client)
        return is_right


async def _token_of_form(request: Request) -> str | None:
    """The token that a login form holds; None where a form is too long to be one."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            return None
    return parse_qs(body.decode(errors="replace")).get("token", [""])[0].strip()


async def _deny(refusal: Response, send: Send) -> None:
    """Answer who wanted a websocket."""
    await send({"type": "websocket.http.response.start", "status": refusal.status_code, "headers": refusal.raw_headers})
    await send({"type": "websocket.http.response.body", "body": refusal.body})


def _is_local(host: str) -> bool:
    """Whether a Host header names this machine itself."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"detail": why}, status)


def _too_many(wait_s: float) -> Response:
    refusal = _refused(HTTP_429_TOO_MANY_REQUESTS, f"too many wrong tokens; wait {wait_s:.0f} s")
    refusal.headers["Retry-After"] = f"{wait_s:.0f}"
    return refusal
