"""The browsers of the newcomers: Chromium by Playwright, and Debian's Firefox."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from playwright.sync_api import Error, Page, sync_playwright

from tests.device.device import CheckFailed, wait_until
from tests.edge.sinks.web.browser import chromium
from tests.edge.sinks.web.firefox import Firefox, firefox

PATIENCE_S: Final = 90.0


class BrowserPage(Protocol):
    """A page as a person uses it; elements are named by CSS selectors."""

    def open(self, url: str) -> None:
        """Open an address, whatever its certificate."""

    def click(self, selector: str) -> None:
        """Click an element once it can be seen."""

    def fill(self, selector: str, text: str) -> None:
        """Write a text into a field, in place of what it holds."""

    def evaluate(self, expression: str) -> object:
        """Return the value of an expression of JavaScript."""


Browser = Callable[[], AbstractContextManager[BrowserPage]]


def wait_for(page: BrowserPage, selector: str, text: str = "", timeout_s: float = PATIENCE_S) -> str:
    """Wait until an element can be seen and has a text; return all of its text. Raises CheckFailed."""
    element = f"document.querySelector({json.dumps(selector)})"
    shown = f"{element}?.checkVisibility() ? {element}.innerText : null"

    def has_text() -> bool:
        found = page.evaluate(shown)
        return isinstance(found, str) and text.casefold() in found.casefold()

    try:
        wait_until(has_text, f"{text!r} in {selector}", timeout_s)
    except CheckFailed as error:
        raise CheckFailed(f"{error}; the page says {page.evaluate('document.body.innerText')!r}") from error
    return str(page.evaluate(shown))


class _ChromiumPage:
    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, url: str) -> None:
        self._page.goto(url)

    def click(self, selector: str) -> None:
        try:
            self._page.click(selector)
        except Error as error:
            raise CheckFailed(str(error)) from error

    def fill(self, selector: str, text: str) -> None:
        self._page.fill(selector, text)

    def evaluate(self, expression: str) -> object:
        try:
            return self._page.evaluate(expression)
        except Error:  # another page is being opened
            return None


class _FirefoxPage:
    def __init__(self, browser: Firefox) -> None:
        self._browser = browser

    def open(self, url: str) -> None:
        self._browser.open(url)

    def click(self, selector: str) -> None:
        wait_for(self, selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def fill(self, selector: str, text: str) -> None:
        wait_for(self, "body")
        field = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"({field}.value = {json.dumps(text)}, {field}.focus())")
        for kind in ("input", "change"):
            self.evaluate(f"{field}.dispatchEvent(new Event('{kind}', {{bubbles: true}}))")

    def evaluate(self, expression: str) -> object:
        try:
            return self._browser.evaluate(expression)
        except AssertionError:  # another page is being opened
            return None


@contextmanager
def in_chromium() -> Iterator[BrowserPage]:
    """Open Chromium."""
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context(locale="en-GB", ignore_https_errors=True)
        context.set_default_timeout(PATIENCE_S * 1000)
        yield _ChromiumPage(context.new_page())
        browser.close()


@contextmanager
def in_firefox() -> Iterator[BrowserPage]:
    """Open Firefox."""
    with firefox(accept_insecure_certificates=True) as browser:
        yield _FirefoxPage(browser)
