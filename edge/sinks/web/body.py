"""The bodies of requests, read with a limit: whoever sends one may send it without end."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

_TIMEOUT_S: Final = 5.0


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """Return the body; None if it is too long or too slow, or if the client has left."""
    body = b""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return body
