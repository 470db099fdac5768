"""Puts the server together: who may ask, and what there is to be asked for."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from edge.sinks.web.api import api
from edge.sinks.web.auth import AuthMiddleware
from edge.sinks.web.docs import docs
from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.headers import SafeHeaders
from edge.sinks.web.message import Settings
from edge.sinks.web.pages import pages
from edge.sinks.web.views import views
from edge.sinks.web.visitors.visitors import Visitors

_ABOUT: Final = """Words of sign language as a device reads them, and how it is doing.

Where the device has a token, show it as `Authorization: Bearer TOKEN`; browsers log in on the page.

WebSocket /api/view?with=skeleton (or picture): for each view a binary message, the newest whenever the one before was \
taken: four bytes, big-endian, with the length of a line of JSON, then that line: at (seconds), aspect (height by \
width), joints (21 points of the left hand, 33 of the pose, 21 of the right hand: [x, y] in widths of the picture, or \
null where unseen); then, with picture, a JPEG. More than the device may show is refused with the close code 4403.

WebSocket /live-signs: send pictures of a camera of your own, in the protocol of the reference project: a byte (1 to \
have the landmarks sent back, else 0) and a JPEG. The answers are JSON: landmarks, status, or detected_sign (sign_ar, \
sign_en) with confidence, and with ?words=1 the whole word event as word. A take may be sent after a byte of 2; \
edge/sinks/web/visitors/__init__.py tells of all that may. Where as many visitors as may are here, the close code is \
1013."""


def build(settings: Settings, feed: EventHub, visitors: Visitors) -> ASGIApp:
    """The application that answers as the settings say, with what the feed has."""
    app = FastAPI(title="Ishara", version=settings.version, description=_ABOUT, docs_url=None, redoc_url=None)
    for router in (
        pages(),
        docs(app),
        api(feed, settings, visitors.counts),
        views(feed, settings.view),
        visitors.router,
    ):
        app.include_router(router)
    inner = AuthMiddleware(app, token=settings.token, origins=settings.origins)
    # A browser asks for leave without showing the token.
    shared = CORSMiddleware(inner, settings.origins, ["GET"], ["Authorization", "Last-Event-ID"])
    return SafeHeaders(shared)
