"""The list of what the device has learned, on the page: takes are seen moving, and taken back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Dialog, expect

from edge.demo.tour import TAKES
from edge.learning.report import Learned, LearnedSign, LearnedTake, LearnedVersion
from edge.requests import LearnedRequest, RequestRefused
from edge.sinks.captions.theme import THEMES
from edge.sinks.web.movement import movement_of
from landmarkers.consent import Said
from landmarkers.take import Take
from models.strict_model import StrictModel
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.conftest import StartDevice
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.page.test_accessibility import severe_violations
from tests.edge.sinks.web.page.test_teach import COFFEE, TRACHEA, consent, open_tab, teaching
from tests.edge.waiting import wait_until

AT: Final = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
SAID: Final = Said(sign_id=77, word="رئتان", confidence=0.625, model="karsl-230@3")
MOVEMENT: Final = movement_of(Take.load(TAKES / "2-sign-0071-signer-02.take.npz"))


class Memory:
    """The memory of a device: two takes of a sign of its own, and the correction of a known one."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.version = 3
        self.takes = {"own/1": COFFEE, "own/2": COFFEE, "corrected/1": TRACHEA}

    def execute(self, request: LearnedRequest) -> StrictModel | None:
        """Carry out a request as the daemon does."""
        if request.action == "list":
            return self._list()
        if request.action == "show":
            return MOVEMENT
        if request.take not in self.takes:
            raise RequestRefused("nothing was learned that could be undone")
        del self.takes[request.take]
        self.version += 1
        self._device.sink.show_state(teaching(version=self.version))
        return None

    def _list(self) -> Learned:
        signs = tuple(
            LearnedSign(
                sign=sign,
                is_own=sign is COFFEE,
                takes=tuple(
                    LearnedTake(take=name, person="أمل", at=AT, seconds=1.4, said=SAID if sign is TRACHEA else None)
                    for name, of in self.takes.items()
                    if of is sign
                ),
            )
            for sign in (COFFEE, TRACHEA)
            if sign in self.takes.values()
        )
        history = (LearnedVersion(version=self.version, at=AT, what="corrected", sign=TRACHEA, person="أمل"),)
        return Learned(version=self.version, signs=signs, history=history)


@pytest.fixture
def device(start_device: StartDevice, tmp_path: Path) -> Device:
    (tmp_path / "token").write_text(TOKEN)
    device = start_device(token_file=tmp_path / "token")
    device.commands.register_payload(LearnedRequest, Memory(device).execute)
    device.sink.show_state(consent())
    device.sink.show_state(teaching(version=3))
    return device


def answer(page: PageVisit, *, accept: bool) -> None:
    """Answer the next question of the browser."""

    def handle(dialog: Dialog) -> None:
        if accept:
            dialog.accept()
        else:
            dialog.dismiss()

    page.page.once("dialog", handle)


def drawing(page: PageVisit) -> str:
    content: str = page["#playing-canvas"].evaluate("canvas => canvas.toDataURL()")
    return content


def test_correction_is_seen_moving_and_taken_back(browser: Browser, device: Device) -> None:
    page = open_tab(browser, device)
    row = page["#corrections > li"]
    expect(row).to_have_count(1)
    expect(row).to_contain_text("قصبة هوائية")
    expect(row).to_contain_text("read as \u2068رئتان\u2069, 62% sure")
    show, remove = row.get_by_text("Show"), row.get_by_text("Take back")
    show.click()
    expect(row.locator("canvas")).to_be_visible()
    first = drawing(page)
    wait_until(lambda: drawing(page) != first, "a movement")
    row.get_by_text("Hide").click()
    expect(page["#playing-canvas"]).to_be_hidden()
    answer(page, accept=False)
    remove.click()
    expect(remove).to_be_enabled()
    answer(page, accept=True)
    remove.click()
    expect(row).to_have_count(0)
    expect(page["#corrections-empty"]).to_be_visible()
    expect(page["#learned-signs > li"]).to_have_count(1)
    page.close()


def test_takes_of_a_learned_sign_are_listed_and_a_refusal_is_shown(browser: Browser, device: Device) -> None:
    page = open_tab(browser, device, "ar")
    signs = page["#learned-signs > li"]
    expect(signs).to_have_count(2)
    expect(signs.first).to_contain_text("جديدة")
    signs.first.locator("summary").click()
    takes = signs.first.locator(".take")
    expect(takes).to_have_count(2)
    takes.first.locator("button").first.click()
    expect(takes.first.locator("canvas")).to_be_visible()
    for theme in THEMES:
        page["#theme"].select_option(theme)
        assert severe_violations(page) == [], theme
    answer(page, accept=True)
    takes.first.get_by_role("button", name="اسحب").click()
    expect(takes).to_have_count(1)  # and still open
    expect(page["#learned-latest"]).to_contain_text("آخر تغيير: تعلُّم من تصحيح")
    answer(page, accept=True)
    page["#learned-undo"].click()
    expect(page["#learned-status"]).to_have_text("لم يتم: لا شيء يمكن التراجع عنه")
    assert [problem for problem in page.problems if "400" not in problem] == []
    page.context.close()
