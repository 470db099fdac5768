"""The page's files, served from memory: they are few and small."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.status import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_304_NOT_MODIFIED, HTTP_404_NOT_FOUND

FOLDER: Final = Path(__file__).parent / "page"
PAGE: Final = "/live-signs"
SETUP: Final = "/setup"
ASSETS: Final = f"{PAGE}/assets/"
_SETTINGS: Final = f"{PAGE}#settings"

_MEDIA_TYPES: Final = {".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file in memory, plain and compressed, with its media type and its entity tag."""

    content: bytes
    compressed: bytes
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> "StaticFile":
        """Read a file."""
        content = path.read_bytes()
        media_type = _MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        compressed = gzip.compress(content, mtime=0)
        return cls(content, compressed, media_type, f'W/"{hashlib.sha256(content).hexdigest()[:16]}"')

    def response(self, request: Request, status: int = HTTP_200_OK) -> Response:
        """Return the file, or 304 if the browser has it.

        The browser revalidates at each request, so that a new version shows at once.
        """
        headers = {"ETag": self.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if status == HTTP_200_OK and request.headers.get("if-none-match") == self.etag:
            return Response(status_code=HTTP_304_NOT_MODIFIED, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.content, status, headers, media_type=self.media_type)
        return Response(self.compressed, status, headers | {"Content-Encoding": "gzip"}, media_type=self.media_type)


FILES: Final = {path.name: StaticFile.read(path) for path in sorted(FOLDER.iterdir())}


def page_router(*, is_setup: bool) -> APIRouter:
    """Return the router of the page, or of the set-up page while that takes its place, and of their assets."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def root() -> Response:
        return _redirect(SETUP if is_setup else PAGE)

    @router.get(PAGE)
    async def page(request: Request) -> Response:
        return _redirect(SETUP) if is_setup else FILES["live-signs.html"].response(request)

    @router.get(SETUP)
    async def setup(request: Request) -> Response:
        return FILES["setup.html"].response(request) if is_setup else _redirect(_SETTINGS)

    @router.get(f"{ASSETS}{{name}}")
    async def asset(name: str, request: Request) -> Response:
        file = FILES.get(name)
        return Response(status_code=HTTP_404_NOT_FOUND) if file is None else file.response(request)

    return router


def _redirect(path: str) -> Response:
    """Return a redirect that is relative: a proxy may serve the device below a path of its own."""
    return RedirectResponse(path.removeprefix("/"), HTTP_303_SEE_OTHER)
