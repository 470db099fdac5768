"""Debian's WebKit, driven by WebDriver: https://www.w3.org/TR/webdriver2/."""

import base64
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from tests.edge.mosquitto import find_program
from tests.edge.ports import free_port, is_listening
from tests.edge.sinks.captions.xvfb import Xvfb
from tests.edge.waiting import PATIENCE_S, wait_until

_MINI_BROWSER: Final = "webkit2gtk-4.1/MiniBrowser"


class WebKit:
    """One window of a running MiniBrowser."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._session = ""
        binary = next(str(path) for path in Path("/usr/lib").glob(f"*/{_MINI_BROWSER}"))
        options = {"webkitgtk:browserOptions": {"binary": binary, "args": ["--automation"]}}
        session = self._command("/session", capabilities={"alwaysMatch": options})
        self._session = f"/session/{session['sessionId']}"

    def open(self, url: str) -> None:
        """Open a page."""
        self._command("/url", url=url)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, which may be a promise."""
        script = f"const done = arguments[0]; Promise.resolve({expression}).then(done)"
        return self._command("/execute/async", script=script, args=[])

    def save_screenshot(self, path: Path) -> None:
        """Write a picture of the page as PNG."""
        answer = self._client.get(f"{self._session}/screenshot")
        path.write_bytes(base64.b64decode(answer.json()["value"]))

    def close(self) -> None:
        """Close the window."""
        self._client.delete(self._session)

    def _command(self, path: str, **parameters: Any) -> Any:
        answer = self._client.post(f"{self._session}{path}", json=parameters)
        assert answer.is_success, answer.text
        return answer.json()["value"]


@contextmanager
def webkit() -> Iterator[WebKit]:
    """Yield a WebKit on a screen that nobody sees."""
    port = free_port()
    with ExitStack() as stack:
        screen = Xvfb(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.callback(screen.kill)
        environment = os.environ | {"DISPLAY": screen.display}
        command = [find_program("WebKitWebDriver"), f"--port={port}"]
        driver = stack.enter_context(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
        stack.callback(driver.terminate)
        wait_until(lambda: is_listening(port), "WebKitWebDriver")
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, trust_env=False)
        window = WebKit(stack.enter_context(client))
        stack.callback(window.close)
        yield window
