"""The check of the live page: its libraries, its token and certificate, its port."""

from http.client import HTTPException
from pathlib import Path
from typing import Final

from edge.config import ConfigInvalid, WebConfig
from edge.diagnostics.finding import Finding, State
from edge.libraries import LibraryMissing
from edge.sinks.web.listener import listen
from edge.sinks.web.page_client import ask_page

_CHECK: Final = "live page"
_TIMEOUT_S: Final = 10.0


def check_live_page(config: WebConfig | None) -> Finding:
    """Check that the page is served or could be."""
    if config is None:
        return Finding(_CHECK, State.SKIPPED, "none is configured")
    if is_served(config):
        return Finding(_CHECK, State.OK, f"the daemon serves it at {config.url}")
    readable = _without_credentials(config)
    try:
        readable.read_token()
        listen(readable).close()
    except LibraryMissing as error:
        return Finding(_CHECK, State.FAILED, str(error), "pip install 'ishara[web]'")
    except ConfigInvalid as error:
        remedy = "name another port in [web], or a token, certificate and key that this user may read"
        return Finding(_CHECK, State.FAILED, str(error), remedy)
    return Finding(_CHECK, State.OK, f"it can be served at {config.url}")


def is_served(config: WebConfig) -> bool:
    """Return True if a daemon answers at the page's address."""
    try:
        with ask_page(config, "/live-signs", timeout_s=_TIMEOUT_S) as response:
            return response.getheader("Server") == "ishara"
    except (OSError, HTTPException):
        return False


def _without_credentials(config: WebConfig) -> WebConfig:
    """Return the section without files that only the service receives, as credentials: those named without a folder."""
    named = {key: getattr(config, key) for key in ("token_file", "certificate_file", "key_file")}
    absent = [key for key, path in named.items() if path is not None and _is_credential(path)]
    return config.model_copy(update=dict.fromkeys(absent))


def _is_credential(path: Path) -> bool:
    return path.name == str(path) and not path.is_file()
