"""A real browser that opens the live page, and what goes wrong in it unseen."""

import os
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

from tests.edge.mosquitto import find_program

LANGUAGES: Final = {"en": "en-GB", "ar": "ar-EG"}
PATIENCE_MS: Final = 30_000
_AWAY: Final = ("net::ERR_", "WebSocket connection to")
"""What the browser itself writes when nobody answers."""


def chromium(playwright: Playwright, *arguments: str, camera: Path | None = None) -> Browser:
    """Debian's Chromium, whose camera shows a film of JPEGs over and over, or a test picture."""
    flags = ["--use-fake-device-for-media-stream", *arguments]
    if camera is not None:
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # which needs a user that is not root
    return playwright.chromium.launch(executable_path=find_program("chromium"), args=flags)


class PageVisit:
    """Somebody with the live page open."""

    def __init__(self, browser: Browser, url: str, *, language: str = "en", **options: Any) -> None:
        """Open it. `options` are those of a Playwright context, such as `viewport` and `color_scheme`."""
        self.url = url
        self.complaints: list[str] = []
        """What went wrong unseen: errors and warnings in the console, and what was asked of others."""
        self.context: BrowserContext = browser.new_context(locale=LANGUAGES[language], **options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("request", lambda request: self._see(request.url))
        self.page.on("websocket", lambda socket: self._see(socket.url.replace("ws", "http", 1)))
        self.page.goto(url)

    def __getitem__(self, selector: str) -> Locator:
        """What is there on the page."""
        return self.page.locator(selector)

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def style(self, selector: str, name: str) -> str:
        """What the browser makes of an element's style."""
        value: str = self[selector].evaluate("(element, name) => getComputedStyle(element)[name]", name)
        return value

    def close(self, *, was_away: bool = False) -> None:
        """Close it; nothing may have gone wrong, but for what the browser writes when nobody answers."""
        self.context.close()
        told = [line for line in self.complaints if not (was_away and any(away in line for away in _AWAY))]
        assert told == [], told

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _see(self, address: str) -> None:
        origin = "/".join(self.url.split("/")[:3]) + "/"
        if not address.startswith((origin, "blob:" + origin)):
            self.complaints.append(f"asked for {address}")
