"""The dictionary on the live page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from edge.config import SHIPPED_MODEL
from edge.sinks.captions.theme import THEMES
from edge.sinks.web.message import ActiveModel
from models.bundle import LABELS
from models.labels import labels_json, read_labels
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.device import MODEL, Device
from tests.edge.sinks.web.page.conftest import OpenPage
from tests.edge.sinks.web.page.showing import css, wait_until_live
from tests.edge.tiny_bundle import SIGNS, TITLE, write_bundle
from tests.edge.waiting import wait_until

COUNT = 230
TRACHEA = "#dictionary-signs input[value='76']"


@pytest.fixture
def page(device: Device, open_page: OpenPage) -> PageVisit:
    page = open_page(f"{device.url}#dictionary", color_scheme="dark")
    expect(page["#dictionary-count"]).to_have_text(f"Signs found: {COUNT}")
    return page


@pytest.fixture
def swapped_device(device: Device, tmp_path: Path) -> Iterator[Device]:
    """A device that has changed to a model without exemplars; later it has its own again."""
    device.activate(TITLE, write_bundle(tmp_path / "tiny"))
    yield device
    device.activate(MODEL, SHIPPED_MODEL)


def found(page: PageVisit) -> list[str]:
    return page["#dictionary-signs label:visible b"].all_text_contents()


def drawing(page: PageVisit) -> str:
    """Return what is drawn of the movement."""
    content: str = page["#movement-canvas"].evaluate("canvas => canvas.toDataURL()")
    return content


def test_modules_and_signs_are_loaded_when_the_dictionary_is_opened(device: Device, open_page: OpenPage) -> None:
    page = open_page()
    requested: list[str] = []
    page.page.on("request", lambda request: requested.append(request.url.removeprefix(device.url)))
    wait_until_live(page)
    assert not any("dictionary" in path for path in requested)
    page["#to-dictionary"].click()
    expect(page["#dictionary-title"]).to_be_focused()
    expect(page["#dictionary-signs label"]).to_have_count(COUNT)
    page["#to-device"].click()
    expect(page["#dictionary-page"]).to_be_hidden()


def test_search_ignores_how_a_word_is_written(page: PageVisit) -> None:
    for typed in ("trachea", " TRACH", "قَصَبَة", "قصبه هواييه", "قصـــبة هوآئية"):
        page["#dictionary-search"].fill(typed)
        assert found(page) == ["قصبة هوائية"], typed
    for typed, number in (("١٠", "10"), ("10", "10")):
        page["#dictionary-search"].fill(typed)
        assert number in found(page)
    page["#dictionary-search"].fill("nothing at all")
    expect(page["#dictionary-count"]).to_have_text("Signs found: 0")
    assert found(page) == []


def test_sign_is_chosen_by_keyboard_and_moves_until_it_is_paused(page: PageVisit) -> None:
    page["#dictionary-search"].fill("قصبة")
    page.press("Tab", "Space")
    expect(page[TRACHEA]).to_be_focused()
    expect(page["#movement-title b"]).to_have_text("قصبة هوائية")
    expect(page["#movement-note"]).to_have_text("Recording 1 of 2, 1.4 s long")
    first = drawing(page)
    wait_until(lambda: drawing(page) != first, "a movement")
    page.press("Tab")
    expect(page["#movement-play"]).to_be_focused()
    page.press("Enter")
    expect(page["#movement-play"]).to_have_text("Play")
    paused = drawing(page)
    page.page.wait_for_timeout(200)
    assert drawing(page) == paused
    page["#movement-next"].click()
    expect(page["#movement-note"]).to_contain_text("Recording 2 of 2")
    expect(page["#movement-play"]).to_have_text("Pause")
    page["#dictionary-search"].fill("lungs")  # the list is reached although the chosen sign is not in it
    page.press("Tab", "Space")
    expect(page["#movement-title b"]).to_have_text("رئتان")
    page["#dictionary-search"].fill("")
    page.press("Tab", "ArrowUp")
    expect(page["#movement-title b"]).to_have_text("قصبة هوائية")


def test_hands_have_the_colours_of_the_device_screen(page: PageVisit) -> None:
    page[TRACHEA].check()
    wanted = css(THEMES["dark"].left_hand)
    script = """(canvas, wanted) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {willReadFrequently: true});
        copy.drawImage(canvas, 0, 0);
        const {data} = copy.getImageData(0, 0, canvas.width, canvas.height);
        for (let at = 0; at < data.length; at += 4)
            if (`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})` === wanted) return true;
        return false;
    }"""
    wait_until(lambda: bool(page["#movement-canvas"].evaluate(script, wanted)), "a hand")


def test_reduced_motion_waits_for_the_button(device: Device, open_page: OpenPage) -> None:
    page = open_page(f"{device.url}#dictionary", reduced_motion="reduce", language="ar")
    page[TRACHEA].check()
    expect(page["#movement-note"]).to_have_text("التسجيل 1 من 2، مدته 1.4 ث")
    page.page.wait_for_timeout(100)
    still = drawing(page)
    page.page.wait_for_timeout(200)
    assert drawing(page) == still
    page["#movement-play"].click()
    expect(page["#movement-play"]).to_have_text("إيقاف مؤقت")
    wait_until(lambda: drawing(page) != still, "a movement")


def test_other_labels_and_vocabulary_of_the_same_model_are_followed(page: PageVisit, device: Device) -> None:
    signs = read_labels(SHIPPED_MODEL / LABELS)
    labels = labels_json(tuple(sign.model_copy(update={"word_en": f"our {sign.word_en}"}) for sign in signs))
    device.sink.set_model(ActiveModel(MODEL, str(SHIPPED_MODEL), 0.5, 2, labels.decode(), (76, 77)))
    expect(page["#dictionary-signs .english"]).to_have_text(["our trachea", "our lungs"])
    expect(page["#part-model"]).to_contain_text("signs it reads: 2")
    device.activate(MODEL, SHIPPED_MODEL)
    expect(page["#dictionary-count"]).to_have_text(f"Signs found: {COUNT}")


def test_other_model_is_followed_and_its_lack_of_exemplars_said(page: PageVisit, swapped_device: Device) -> None:
    expect(page["#dictionary-count"]).to_have_text(f"Signs found: {len(SIGNS)}")
    expect(page["#dictionary-note"]).to_have_text(
        "This model comes without recorded movements, so its signs are only listed."
    )
    page[TRACHEA].check()
    expect(page["#movement-note"]).to_have_text("There is no recorded movement of this sign.")
    expect(page["#movement-canvas"]).to_be_hidden()
    expect(page["#movement-play"]).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_phone_shows_the_movement_without_scrolling_sideways(
    language: str, device: Device, open_page: OpenPage
) -> None:
    page = open_page(f"{device.url}#dictionary", language=language, viewport={"width": 390, "height": 844})
    page[TRACHEA].check()
    expect(page["#movement-play"]).to_be_in_viewport()
    expect(page["#movement-canvas"]).to_be_in_viewport(ratio=1.0)
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
