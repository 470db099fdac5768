"""Draws `docs/images/setup-phone.png`: `python -m tests.edge.sinks.web.page.setup_pictures` (synthetic)."""

import io
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import sync_playwright

from edge.setup.state import Advice, TrialOutcome
from tests.edge.sinks.web.browser import PageVisit, chromium
from tests.edge.sinks.web.page.setting_up import TRIED, SetupDevice, open_setup
from tests.edge.sinks.web.page.showing import SIGNER

FILE: Final = Path("docs/images/setup-phone.png")
PHONE: Final = {"width": 360, "height": 760}
STEPS: Final = (("camera", "en"), ("try", "ar"), ("broker", "en"))
_GAP_PX: Final = 12


def picture(visit: PageVisit, device: SetupDevice, step: str) -> Image.Image:
    """Return one step as a phone shows it."""
    visit.page.evaluate("step => { location.hash = `settings-${step}`; }", step)
    visit.page.wait_for_timeout(500)
    if step == "broker":
        visit["#setup-brokers label"].first.click()
        visit["#setup-try-broker"].click()
        visit.page.wait_for_timeout(300)
        device.try_broker(TrialOutcome.WRONG_LOGIN)
    else:
        visit["#view-choice label:has([value=skeleton])"].click()
        device.advise(Advice.COME_CLOSER, factor=1.6)
        device.see(TRIED[0].sign_id)
        for landmarks in SIGNER[len(SIGNER) // 2 :]:
            device.show(landmarks)
            visit.page.wait_for_timeout(60)
    visit.page.wait_for_timeout(300)
    visit.page.evaluate("document.activeElement.blur()")
    return Image.open(io.BytesIO(visit.page.screenshot()))


def main() -> None:
    """Draw the steps side by side."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        device, browser = SetupDevice(Path(folder)), chromium(playwright)
        images = []
        for step, language in STEPS:
            visit = open_setup(browser, device, viewport=PHONE, language=language, color_scheme="dark")
            visit["#setup-title"].wait_for()
            images.append(picture(visit, device, step))
            visit.context.close()
        browser.close()
        device.stop()
    width = sum(image.width + _GAP_PX for image in images) - _GAP_PX
    sheet = Image.new("RGB", (width, images[0].height), (128, 128, 128))
    left = 0
    for image in images:
        sheet.paste(image, (left, 0))
        left += image.width + _GAP_PX
    sheet.quantize(128).save(FILE, optimize=True)


if __name__ == "__main__":
    main()
