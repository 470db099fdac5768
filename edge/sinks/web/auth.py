"""Authentication by the token, if there is one, and protection from requests that other servers' pages cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.status import (
    HTTP_303_SEE_OTHER,
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_421_MISDIRECTED_REQUEST,
    HTTP_429_TOO_MANY_REQUESTS,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.sinks.web.body import read_body
from edge.sinks.web.pages import ASSETS, FILES, PAGE, SETUP, StaticFile
from edge.sinks.web.session import AGE_S, COOKIE, Sessions
from edge.sinks.web.setup_code import normalise
from edge.sinks.web.token import TokenVerifier, Verification

_FORMER_COOKIE: Final = "ishara_token"  # of releases up to 0.2, which kept the token itself in it
_LOGIN: Final = "/login"
_READING: Final = ("GET", "HEAD", "OPTIONS")
_MAX_FORM_BYTES: Final = 2048


@dataclass(frozen=True, slots=True)
class _Access:
    """The ways to prove that one knows the token."""

    tokens: TokenVerifier
    sessions: Sessions

    is_setup: bool
    """True if the token is a one-time code, which is taken from no address."""

    @classmethod
    def with_token(cls, token: str, *, is_setup: bool) -> Self:
        verifier = TokenVerifier(token, normalise) if is_setup else TokenVerifier(token)
        return cls(verifier, Sessions(token), is_setup)

    @property
    def page(self) -> str:
        """Return the path of the page that a login leads to."""
        return SETUP if self.is_setup else PAGE

    @property
    def login_page(self) -> StaticFile:
        """Return the page that asks for the token."""
        return FILES["setup-login.html" if self.is_setup else "login.html"]


class AuthMiddleware:
    """Passes authorised requests on to the application, and refuses all others."""

    def __init__(self, app: ASGIApp, *, token: str | None, origins: Sequence[str], is_setup: bool = False) -> None:
        self._app = app
        self._access = None if token is None else _Access.with_token(token, is_setup=is_setup)
        self._origins = frozenset(origins)
        self._hosts = frozenset(urlsplit(origin).netloc for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, or send a response instead of it."""
        connection = HTTPConnection(scope)
        response = self._refuse_foreign(connection)
        if response is None and self._access is not None and not scope["path"].startswith(ASSETS):
            token = await _login_token(connection, receive, self._access)
            if token is None:
                response = await _refuse_unauthorised(connection, self._access)
            else:
                response = await _log_in(connection, self._access, token)
        if response is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()  # the connect message
            await _reject_websocket(response, send)
        else:
            await response(scope, receive, send)

    def _refuse_foreign(self, connection: HTTPConnection) -> Response | None:
        """Return the refusal of a request that a page of another server may have caused.

        A browser connects any page's websocket to this server (RFC 6455, 10.2), and posts what any page asks it to,
        with the session's cookie if that page is on another port of this machine. A host name that resolves to this
        machine makes a page of another server look like this server's own (DNS rebinding), so without a token only
        known host names are accepted.
        """
        host, origin = connection.headers.get("host", ""), connection.headers.get("origin")
        if self._access is None and not _is_local(host) and host not in self._hosts:
            return _refusal(HTTP_421_MISDIRECTED_REQUEST, f"{host} is not a name of this server")
        is_own = origin is None or origin in self._origins or _split_url(origin).netloc == host
        if _has_effect(connection.scope) and not is_own:
            return _refusal(
                HTTP_403_FORBIDDEN, f"pages of {origin} may not connect; [web] origins lists those that may"
            )
        return None


def _has_effect(scope: Scope) -> bool:
    """Return True for a websocket, and for a request that does more than read or log in."""
    return scope["type"] == "websocket" or (scope["method"] not in _READING and scope["path"] != _LOGIN)


async def _login_token(connection: HTTPConnection, receive: Receive, access: _Access) -> str | None:
    """Return the token of a login, from the form or the address; None if the request is no login."""
    path, method = connection.scope["path"], connection.scope.get("method")
    if path == _LOGIN and method == "POST":
        return await _form_token(Request(connection.scope, receive))
    may_ask = path == PAGE and method == "GET" and not access.is_setup
    return connection.query_params.get("token") if may_ask else None


async def _log_in(connection: HTTPConnection, access: _Access, token: str) -> Response:
    """Return the response to a login: a redirect to the page, with a session as a cookie if the token is right."""
    verification = await access.tokens.verify(token)
    if verification is Verification.TOO_MANY:
        return _too_many_attempts()
    page = access.page.removeprefix("/")
    if verification is Verification.WRONG:
        return RedirectResponse(f"{page}#wrong", HTTP_303_SEE_OTHER)
    response = RedirectResponse(page, HTTP_303_SEE_OTHER)
    session, is_secure = access.sessions.issue(), _is_encrypted(connection)
    response.set_cookie(COOKIE, session, AGE_S, httponly=True, samesite="strict", secure=is_secure)
    if _FORMER_COOKIE in connection.cookies:
        response.delete_cookie(_FORMER_COOKIE)
    return response


def _is_encrypted(connection: HTTPConnection) -> bool:
    """Return True if the browser uses TLS, with this server or with a proxy before it.

    A client that only pretends to harms nobody but itself.
    """
    forwarded = connection.headers.get("x-forwarded-proto", "")
    return connection.scope["scheme"] == "https" or forwarded.strip().lower() == "https"


async def _refuse_unauthorised(connection: HTTPConnection, access: _Access) -> Response | None:
    """Return the refusal of a request with neither the token nor a session; None if it has one of them."""
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        verification = await access.tokens.verify(bearer.strip())
    elif access.sessions.is_valid(connection.cookies.get(COOKIE, "")):
        verification = Verification.RIGHT
    else:
        verification = Verification.WRONG
    if verification is Verification.RIGHT:
        return None
    if verification is Verification.TOO_MANY:
        return _too_many_attempts()
    if connection.scope["type"] == "http" and connection.scope["path"] in (PAGE, SETUP):
        return access.login_page.response(Request(connection.scope), HTTP_401_UNAUTHORIZED)
    why = "this device requires its token: log in on its page, or send it as a bearer token"
    return _refusal(HTTP_401_UNAUTHORIZED, why, {"WWW-Authenticate": "Bearer"})


async def _form_token(request: Request) -> str:
    """Return the token of a login form; empty if there is none, or if the form is too long or too slow."""
    body = await read_body(request, _MAX_FORM_BYTES) or b""
    return parse_qs(body.decode(errors="replace")).get("token", [""])[0].strip()


async def _reject_websocket(response: Response, send: Send) -> None:
    """Send an HTTP response in place of a websocket."""
    await send(
        {"type": "websocket.http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    await send({"type": "websocket.http.response.body", "body": response.body})


def _is_local(host: str) -> bool:
    """Return True if a Host header names this machine itself."""
    name = _split_url(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _split_url(url: str) -> SplitResult:
    """Return the parts of a URL; empty parts if it is no URL."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _refusal(status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": why}, status, headers)


def _too_many_attempts() -> Response:
    return _refusal(HTTP_429_TOO_MANY_REQUESTS, "that token is wrong, and so are many others now", {"Retry-After": "1"})
