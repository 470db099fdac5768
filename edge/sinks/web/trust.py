"""Marks the connections of those who were let in: they keep their places, whoever else connects."""

from starlette.types import ASGIApp, Receive, Scope, Send

from edge.sinks.web.pages import ASSETS
from edge.sinks.web.protocols import CONNECTION


class TrustMiddleware:
    """Trusts every connection whose request reaches it; to be placed behind authentication."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application."""
        if not scope["path"].startswith(ASSETS):  # they are for everybody
            scope["state"][CONNECTION].trust()
        await self._app(scope, receive, send)
