"""`/docs`: what can be asked for, as a page made of the OpenAPI description.

FastAPI's own page loads its scripts from elsewhere, which a device without the Internet cannot and this server forbids.
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
_FOOT: Final = """  <p>The same for programs: <a href="openapi.json">openapi.json</a>.
  The page: <a href="live-signs">live-signs</a>.</p>
</main>
</body>
</html>
"""

_ERRORS: Final = ("HTTPValidationError", "ValidationError")  # of FastAPI's own

Schema = dict[str, Any]


def docs(app: FastAPI) -> APIRouter:
    """Serves the page about an application."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs", response_class=HTMLResponse)
    async def page() -> str:
        return "".join(_page(app.openapi()))

    return router


def _page(api: Schema) -> Iterator[str]:
    told = {key: escape(api["info"][key]) for key in ("title", "version")}
    yield _HEAD.format(**told)
    yield _prose(api["info"].get("description", ""))
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield from _operation(f"{method.upper()} {path}", operation)
    for name, schema in api["components"]["schemas"].items():
        if name not in _ERRORS:
            yield from _schema(name, schema)
    yield _FOOT


def _operation(what: str, operation: Schema) -> Iterator[str]:
    yield f"  <section>\n    <h2><code>{escape(what)}</code> {escape(operation.get('summary', ''))}</h2>\n"
    yield _prose(operation.get("description", ""))
    rows = [
        (f"{one['name']} ({one['in']})", _kind(one["schema"]), one.get("description", ""))
        for one in operation.get("parameters", [])
    ]
    yield from _table("What may be said", rows)
    for kind, content in operation["responses"]["200"].get("content", {}).items():
        schema = content.get("schema", {})
        of = f": {_kind(schema)}" if "$ref" in schema else ""
        yield f"    <p>Answered as <code>{escape(kind)}</code>{of}.</p>\n"
    yield "  </section>\n"


def _schema(name: str, schema: Schema) -> Iterator[str]:
    yield f'  <section>\n    <h2 id="{escape(name)}"><code>{escape(name)}</code></h2>\n'
    yield _prose(schema.get("description", ""))
    if "enum" in schema:
        yield f"    <p>One of {', '.join(f'<code>{escape(value)}</code>' for value in schema['enum'])}.</p>\n"
    rows = [(key, _kind(one), one.get("description", "")) for key, one in schema.get("properties", {}).items()]
    yield from _table("What it holds", rows)
    yield "  </section>\n"


def _prose(text: str) -> str:
    """Paragraphs, with what stands between backticks as code."""
    parts = (re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(part)) for part in text.split("\n\n") if part)
    return "".join(f"    <p>{part}</p>\n" for part in parts)


def _table(caption: str, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"    <table>\n      <caption>{caption}</caption>\n"
    for name, kind, meaning in rows:
        yield f'      <tr><th scope="row"><code>{escape(name)}</code></th>'
        yield f"<td>{kind}</td><td>{escape(meaning)}</td></tr>\n"
    yield "    </table>\n"


def _kind(schema: Schema) -> str:
    """What a value is, in a few words of HTML."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_kind(schema['items'])}"
    return escape(schema.get("format") or schema.get("type", "anything"))
