"""The review's page and what it asks for, below an address with a token that nobody can guess.

The page runs no script and loads nothing from elsewhere. All requests are answered on one thread, so that decisions
follow each other.
"""

import pathlib
from typing import Annotated, Final

from fastapi import APIRouter, FastAPI, Path, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.middleware.base import RequestResponseEndpoint
from starlette.status import HTTP_404_NOT_FOUND, HTTP_409_CONFLICT

from landmarkers.errors import UserError
from trainer.reports.html import STYLE_FILE
from trainer.review.review_queue import ReviewQueue
from trainer.review.review_view import Decision, ReviewView, Word, view_of

_PAGE: Final = pathlib.Path(__file__).with_name("page")
_FILES: Final = {path.name: path for path in (*sorted(_PAGE.iterdir()), STYLE_FILE)}
_HEADERS: Final = {
    # The skeleton is moved by attributes of style.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def build_app(queue: ReviewQueue, token: str) -> FastAPI:
    """Return the application that serves the review below `/token/`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_pages(), prefix=f"/{token}")
    app.include_router(_takes(queue), prefix=f"/{token}/api")

    @app.middleware("http")
    async def add_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers.update(_HEADERS)
        return response

    @app.exception_handler(UserError)
    async def refuse(_: Request, error: Exception) -> Response:
        return JSONResponse({"detail": str(error)}, HTTP_409_CONFLICT)

    return app


def _pages() -> APIRouter:
    router = APIRouter()

    @router.get("/")
    async def page() -> Response:
        return FileResponse(_PAGE / "review.html")

    @router.get("/{name}")
    async def file(name: str) -> Response:
        return FileResponse(_FILES[name]) if name in _FILES else Response(status_code=HTTP_404_NOT_FOUND)

    return router


def _takes(queue: ReviewQueue) -> APIRouter:
    router = APIRouter()
    number_of_take = Annotated[int, Path(ge=1, le=len(queue))]

    @router.get("/words")
    async def words() -> list[Word]:
        return [Word.of(sign) for sign in queue.signs]

    @router.get("/takes")
    async def first() -> ReviewView:
        return view_of(queue, queue.undecided_from(1))

    @router.get("/takes/{number}")
    async def take(number: number_of_take) -> ReviewView:
        return view_of(queue, number)

    @router.post("/takes/{number}")
    async def decide(number: number_of_take, decision: Decision) -> ReviewView:
        queue.decide(number, decision.verdict, decision.word)
        return view_of(queue, queue.undecided_from(number))

    @router.post("/undo")
    async def undo() -> ReviewView:
        return view_of(queue, queue.undo() or queue.undecided_from(1))

    return router
