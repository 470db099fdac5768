"""The composition of the web application: its routers, and the middleware around them."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from edge.sinks.web.api import api_router
from edge.sinks.web.auth import AuthMiddleware
from edge.sinks.web.commands import RemoteCommands, command_router
from edge.sinks.web.dictionary import dictionary_router
from edge.sinks.web.docs import docs_router
from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.head import HeadMiddleware
from edge.sinks.web.headers import SecurityHeadersMiddleware
from edge.sinks.web.message import Settings
from edge.sinks.web.pages import page_router
from edge.sinks.web.trust import TrustMiddleware
from edge.sinks.web.views import view_router
from edge.sinks.web.visitors.visitors import Visitors

_DESCRIPTION: Final = """Words of sign language as the device recognises them, and the device's health.

If the device has a token, send it as `Authorization: Bearer TOKEN`; browsers log in on the page.

WebSocket `/api/view?with=skeleton` (or `picture`) sends views of the camera as binary messages, always the latest \
one and only after the one before was received. A message is four bytes, big-endian, with the length of a line of \
JSON, then that line: `at` (seconds), `aspect` (height by width) and `joints` (21 points of the left hand, 33 of the \
pose, 21 of the right hand: [x, y] in widths of the picture, or null where unseen); then, with `picture`, a JPEG. A \
level above the one that the device may show is refused with the close code 4403.

WebSocket `/live-signs` takes pictures of a visitor's own camera, in the protocol of the research project: a byte (1 \
to have the landmarks sent back, else 0) and a JPEG. The answers are JSON: `landmarks`, `status`, or `detected_sign` \
(`sign_ar`, `sign_en`) with `confidence`, and with `?words=1` the whole word event as `word`. A take may be sent after \
a byte of 2; `edge/sinks/web/visitors/__init__.py` describes all messages. The close code is 1013 if the maximum \
number of visitors is connected."""


def build_app(settings: Settings, hub: EventHub, visitors: Visitors, commands: RemoteCommands) -> ASGIApp:
    """Return the application that serves the content of the hub as the settings say."""
    app = FastAPI(title="Ishara", version=settings.version, description=_DESCRIPTION, docs_url=None, redoc_url=None)
    for router in (
        page_router(is_setup=settings.is_setup),
        docs_router(app),
        api_router(hub, settings, visitors.counts),
        command_router(commands, has_token=settings.token is not None),
        dictionary_router(hub),
        view_router(hub, settings.view),
        visitors.router,
    ):
        app.include_router(router)
    authenticated = AuthMiddleware(
        TrustMiddleware(app), token=settings.token, origins=settings.origins, is_setup=settings.is_setup
    )
    # CORS is outermost of the two: a browser sends a preflight request without the token.
    cors = CORSMiddleware(authenticated, settings.origins, ["GET"], ["Authorization", "Last-Event-ID"])
    return SecurityHeadersMiddleware(HeadMiddleware(cors))
