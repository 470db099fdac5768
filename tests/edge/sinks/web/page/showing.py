"""The content of the page, as a user sees it."""

import re
from itertools import count
from typing import Final

from playwright.sync_api import expect

from edge.demo.tour import TAKES
from edge.sinks.captions.theme import Colour
from landmarkers.take import Take
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.device import Device
from tests.edge.waiting import wait_until

SIGNER: Final = Take.load(TAKES / "2-sign-0071-signer-02.take.npz").landmarks()


def wait_until_live(page: PageVisit, text: str = "Live") -> None:
    """Wait until the page has the device's health: words from now on are new."""
    expect(page["#connection-text"]).to_have_text(text)
    expect(page["#part-camera .main-text"]).not_to_have_attribute("data-text", "state-unknown")


def css(colour: Colour) -> str:
    return f"rgb({colour[0]}, {colour[1]}, {colour[2]})"


def colours(page: PageVisit) -> set[str]:
    """Return all colours on the canvas of the view; transparent pixels count as black."""
    found: list[str] = page["#view-canvas"].evaluate(
        """canvas => {
            const {width, height} = canvas;
            const copy = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
            copy.drawImage(canvas, 0, 0);
            const {data} = copy.getImageData(0, 0, width, height);
            const found = new Set();
            for (let at = 0; at < data.length; at += 4) found.add(`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`);
            return [...found];
        }"""
    )
    return set(found)


def show_until_visible(device: Device, page: PageVisit, colour: str, tolerance: int = 0) -> None:
    """Show a signer to the camera until the page has this colour, within a tolerance."""
    wanted = [int(part) for part in re.findall(r"\d+", colour)]
    numbers = count()

    def is_visible() -> bool:
        device.show(SIGNER[next(numbers) % len(SIGNER)])
        page.page.wait_for_timeout(50)
        shown = [[int(part) for part in re.findall(r"\d+", found)] for found in colours(page)]
        return any(max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= tolerance for found in shown)

    wait_until(is_visible, f"{colour} in the view")
