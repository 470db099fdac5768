"""Somebody with the token, who changes settings on the page."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.edge.sinks.web.client import TOKEN, WebClient
from tests.edge.waiting import wait_until


class SettingsPage:
    """Sends requests to one daemon, whose page may be gone while it reloads."""

    def __init__(self, port: int, token: str = TOKEN, *, verify: bool = True) -> None:
        self._client = WebClient(port, verify=verify)
        self._headers = {"Authorization": f"Bearer {token}"}

    def send(self, action: str, **fields: Any) -> dict[str, Any]:
        """Return the whole response to a request."""
        request = {"command": "settings", "action": action} | fields
        answer = self._client.client.post("/api/command", json=request, headers=self._headers)
        response: dict[str, Any] = answer.json()
        return response

    def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Return the content of a response, which must be good."""
        response = self.send(action, **fields)
        assert response["ok"], response
        content: dict[str, Any] = response["content"]
        return content

    def state(self) -> dict[str, Any]:
        """Return the state of the latest change; nothing while there is no page, or none for this token."""
        with suppress(httpx.TransportError, AssertionError), self._client.events(**self._headers) as events:
            return next((event.content for event in events if event.name == "settings"), {})
        return {}

    def wait_for(self, phase: str) -> dict[str, Any]:
        """Return the state of the latest change, once it has come to a phase."""
        found: list[dict[str, Any]] = []

        def has_come() -> bool:
            found.append(self.state())
            return bool(found[-1].get("phase") == phase)

        wait_until(has_come, f"the phase {phase}")
        return found[-1]


def write_settings(folder: Path, bundle: Path, port: int, more: str = "") -> Path:
    """Write a file of settings with a page, and remarks; return its path."""
    (folder / "token").write_text(TOKEN)
    path = folder / "edge.toml"
    path.write_text(
        f"# The device in the hall.\ndevice = 'hall'  # on the first floor\n\n[model]\nfolder = '{bundle}'\n\n"
        f"# Only for this house.\n[web]\nport = {port}\ntoken_file = '{folder / 'token'}'\n{more}"
    )
    return path
