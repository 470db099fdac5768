"""Debian's Firefox, driven by WebDriver BiDi: Playwright drives a Firefox of its own only.

https://w3c.github.io/webdriver-bidi/
"""

import base64
import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from tests.edge.mosquitto import find_program
from tests.edge.waiting import PATIENCE_S, wait_until

_LISTENING: Final = "WebDriver BiDi listening on "
_PREFERENCES: Final = {
    "intl.accept_languages": "en-GB",
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}


class Firefox:
    """One tab of a running Firefox."""

    def __init__(self, connection: Connection, *, accept_insecure_certificates: bool = False) -> None:
        self._connection = connection
        self._commands = 0
        self.problems: list[str] = []
        """Errors and warnings in the console."""
        self._command(
            "session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": accept_insecure_certificates}}
        )
        self._command("session.subscribe", events=["log.entryAdded"])
        self._tab = self._command("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str, *, before: str = "() => {}") -> None:
        """Open a page; `before` is a function that runs before the page's own scripts."""
        preload = self._command("script.addPreloadScript", functionDeclaration=before)
        self._command("browsingContext.navigate", context=self._tab, url=url, wait="complete")
        self._command("script.removePreloadScript", **preload)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, which may be a promise, by way of JSON."""
        answer = self._command(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value) ?? 'null')",
            target={"context": self._tab},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true."""
        wait_until(lambda: self.evaluate(f"Boolean({expression})") is True, expression)

    def save_screenshot(self, path: Path) -> None:
        """Write a picture of the tab as PNG."""
        path.write_bytes(
            base64.b64decode(self._command("browsingContext.captureScreenshot", context=self._tab)["data"])
        )

    def _command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the result of a command; events that come before it are recorded."""
        self._commands += 1
        self._connection.send(json.dumps({"id": self._commands, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(timeout=PATIENCE_S))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] in ("warn", "error"):
                self.problems.append(message["params"]["text"])
            if message.get("id") == self._commands:
                assert message["type"] == "success", message
                result: dict[str, Any] = message["result"]
                return result


@contextmanager
def firefox(*, accept_insecure_certificates: bool = False) -> Iterator[Firefox]:
    """Yield a Firefox without a window and with an empty profile, which asks nothing of other servers."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
        (folder / "user.js").write_text("\n".join(lines))
        log = folder / "log"
        command = [find_program("firefox-esr"), "--headless", "--remote-debugging-port=0", "--profile", str(folder)]
        with log.open("w") as output:
            process = stack.enter_context(subprocess.Popen(command, stdout=output, stderr=output))
        stack.callback(process.terminate)
        wait_until(lambda: _LISTENING in log.read_text(), "the address of Firefox")
        url = next(line for line in log.read_text().splitlines() if line.startswith(_LISTENING))
        address = f"{url.removeprefix(_LISTENING)}/session"
        connection = stack.enter_context(connect(address, max_size=None, proxy=None))
        yield Firefox(connection, accept_insecure_certificates=accept_insecure_certificates)
