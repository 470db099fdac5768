"""A real browser that opens the live page, and records problems that a user does not see."""

import os
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

from tests.edge.mosquitto import find_program

LANGUAGES: Final = {"en": "en-GB", "ar": "ar-EG"}
PATIENCE_MS: Final = 30_000
_CONNECTION_ERRORS: Final = ("net::ERR_", "WebSocket connection to")
"""The console messages of the browser when the server is unreachable."""


def chromium(playwright: Playwright, *arguments: str, camera: Path | None = None) -> Browser:
    """Start Debian's Chromium, whose camera repeats a film of JPEGs, or shows a test picture."""
    flags = ["--use-fake-device-for-media-stream", *arguments]
    if camera is not None:
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # the sandbox needs a user that is not root
    return playwright.chromium.launch(executable_path=find_program("chromium"), args=flags)


class PageVisit:
    """One visit of the live page."""

    def __init__(self, browser: Browser, url: str, *, language: str = "en", **options: Any) -> None:
        """Open the page. `options` are those of a Playwright context, such as `viewport` and `color_scheme`."""
        self.url = url
        self.problems: list[str] = []
        """Errors and warnings in the console, and requests to other servers."""
        self.context: BrowserContext = browser.new_context(locale=LANGUAGES[language], **options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self._check_console(message.type, message.text))
        self.page.on("request", lambda request: self._check_address(request.url))
        self.page.on("websocket", lambda socket: self._check_address(socket.url.replace("ws", "http", 1)))
        self.page.goto(url)

    def __getitem__(self, selector: str) -> Locator:
        """Return the elements of a selector."""
        return self.page.locator(selector)

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def style(self, selector: str, name: str) -> str:
        """Return a computed style of an element."""
        value: str = self[selector].evaluate("(element, name) => getComputedStyle(element)[name]", name)
        return value

    def close(self, *, was_disconnected: bool = False) -> None:
        """Close the page, and check that it had no problems except, if it was disconnected, the browser's messages."""
        self.context.close()
        remaining = [
            line
            for line in self.problems
            if not (was_disconnected and any(error in line for error in _CONNECTION_ERRORS))
        ]
        assert remaining == [], remaining

    def _check_console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.problems.append(text)

    def _check_address(self, address: str) -> None:
        origin = "/".join(self.url.split("/")[:3]) + "/"
        if not address.startswith((origin, "blob:" + origin)):
            self.problems.append(f"requested {address}")
