"""The page `/docs`, rendered from the OpenAPI description.

FastAPI's own page loads its scripts from other servers. A device without the Internet cannot reach them, and this
server's security headers forbid it.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>
  <link rel="icon" type="image/svg+xml" href="live-signs/assets/icon.svg">
  <link rel="stylesheet" href="live-signs/assets/docs.css">
</head>
<body>
<main>
  <h1>{title} {version}</h1>
"""
_FOOT: Final = """  <p>This description in OpenAPI: <a href="openapi.json">openapi.json</a>.
  The live page: <a href="live-signs">live-signs</a>.</p>
</main>
</body>
</html>
"""

_ERROR_SCHEMAS: Final = ("HTTPValidationError", "ValidationError")  # FastAPI adds them

Schema = dict[str, Any]


def docs_router(app: FastAPI) -> APIRouter:
    """Return the router of the page that describes an application."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs", response_class=HTMLResponse)
    async def page() -> str:
        return "".join(_page(app.openapi()))

    return router


def _page(api: Schema) -> Iterator[str]:
    info = {key: escape(api["info"][key]) for key in ("title", "version")}
    yield _HEAD.format(**info)
    yield _prose(api["info"].get("description", ""))
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield from _operation(f"{method.upper()} {path}", operation)
    for name, schema in api["components"]["schemas"].items():
        if name not in _ERROR_SCHEMAS:
            yield from _schema(name, schema)
    yield _FOOT


def _operation(request: str, operation: Schema) -> Iterator[str]:
    yield f"  <section>\n    <h2><code>{escape(request)}</code> {escape(operation.get('summary', ''))}</h2>\n"
    yield _prose(operation.get("description", ""))
    rows = [
        (f"{parameter['name']} ({parameter['in']})", _type_name(parameter["schema"]), parameter.get("description", ""))
        for parameter in operation.get("parameters", [])
    ]
    yield from _table("Parameters", rows)
    for media_type, content in operation["responses"]["200"].get("content", {}).items():
        schema = content.get("schema", {})
        of = f": {_type_name(schema)}" if "$ref" in schema else ""
        yield f"    <p>Response: <code>{escape(media_type)}</code>{of}.</p>\n"
    yield "  </section>\n"


def _schema(name: str, schema: Schema) -> Iterator[str]:
    yield f'  <section>\n    <h2 id="{escape(name)}"><code>{escape(name)}</code></h2>\n'
    yield _prose(schema.get("description", ""))
    if "enum" in schema:
        yield f"    <p>One of {', '.join(f'<code>{escape(value)}</code>' for value in schema['enum'])}.</p>\n"
    fields = schema.get("properties", {})
    rows = [(name, _type_name(field), field.get("description", "")) for name, field in fields.items()]
    yield from _table("Fields", rows)
    yield "  </section>\n"


def _prose(text: str) -> str:
    """Return paragraphs of HTML; text between backticks becomes code."""
    paragraphs = (re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(part)) for part in text.split("\n\n") if part)
    return "".join(f"    <p>{paragraph}</p>\n" for paragraph in paragraphs)


def _table(caption: str, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"    <table>\n      <caption>{caption}</caption>\n"
    for name, type_name, description in rows:
        yield f'      <tr><th scope="row"><code>{escape(name)}</code></th>'
        yield f"<td>{type_name}</td><td>{escape(description)}</td></tr>\n"
    yield "    </table>\n"


def _type_name(schema: Schema) -> str:
    """Return the type of a value as HTML."""
    if "anyOf" in schema:
        return " or ".join(_type_name(option) for option in schema["anyOf"])
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_type_name(schema['items'])}"
    return escape(schema.get("format") or schema.get("type", "anything"))
