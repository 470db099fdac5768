"""HEAD for every path that answers GET (RFC 9110, 9.3.2): FastAPI's routes answer only the methods that they name."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMiddleware:
    """Has the application answer HEAD like GET, and sends the headers alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_headers(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({"type": "http.response.body"})
            if message.get("more_body", False):  # a stream, which perhaps never ends
                raise ClientDisconnect

        try:
            await self._app({**scope, "method": "GET"}, receive, send_headers)
        except ClientDisconnect:
            return
