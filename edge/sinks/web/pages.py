"""The page's files, held in memory: they are few and small."""

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
ASSETS: Final = f"{PAGE}/assets/"

_TYPES: Final = {".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is answered."""

    content: bytes
    kind: str
    mark: str

    @classmethod
    def read(cls, path: Path) -> "File":
        """The file of a path."""
        content = path.read_bytes()
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls(content, kind, f'"{hashlib.sha256(content).hexdigest()[:16]}"')

    def answer(self, request: Request, status: int = HTTP_200_OK) -> Response:
        """The file, or that the browser has it already; it asks each time, so that a new version shows at once."""
        headers = {"ETag": self.mark, "Cache-Control": "no-cache"}
        if status == HTTP_200_OK and request.headers.get("if-none-match") == self.mark:
            return Response(status_code=HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(self.content, status, headers, media_type=self.kind)


FILES: Final = {path.name: File.read(path) for path in sorted(FOLDER.iterdir())}


def pages() -> APIRouter:
    """Serves the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def beginning() -> Response:
        return RedirectResponse(PAGE.removeprefix("/"), HTTP_303_SEE_OTHER)

    @router.get(PAGE)
    async def page(request: Request) -> Response:
        return FILES["live-signs.html"].answer(request)

    @router.get(f"{ASSETS}{{name}}")
    async def asset(name: str, request: Request) -> Response:
        file = FILES.get(name)
        return Response(status_code=HTTP_404_NOT_FOUND) if file is None else file.answer(request)

    return router
