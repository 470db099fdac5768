"""Puts the server together: who may ask, and what there is to be asked for."""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from edge.web.api import api
from edge.web.door import Door
from edge.web.feed import Feed
from edge.web.headers import SafeHeaders
from edge.web.message import Settings
from edge.web.pages import pages
from edge.web.views import views
from edge.web.visitors.visitors import Visitors


def build(settings: Settings, feed: Feed, visitors: Visitors) -> ASGIApp:
    """The application that answers as the settings say, with what the feed has."""
    app = FastAPI(title="Ishara", version=settings.version, docs_url=None, redoc_url=None)
    for router in (pages(), api(feed, settings), views(feed, settings.view), visitors.router):
        app.include_router(router)
    inner = Door(app, token=settings.token, origins=settings.origins)
    # A browser asks for leave without showing the token.
    shared = CORSMiddleware(inner, settings.origins, ["GET"], ["Authorization", "Last-Event-ID"])
    return SafeHeaders(shared)
