"""The reply on the live page: who reads it, and who writes it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from edge.requests import Reply
from edge.sinks.captions.theme import THEMES
from tests.edge.sinks.web.browser import LANGUAGES, PageVisit
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.page.conftest import OpenPage
from tests.edge.sinks.web.page.showing import css, wait_until_live
from tests.edge.sinks.web.page.test_accessibility import severe_violations

MIXED = "موعدك مع Dr. Hassan في Room 7"


def reply(text: str, *, partial: bool = False) -> Reply:
    return Reply(command="reply", text=text, partial=partial)


class BriefReply(Reply):
    """A reply that is read more quickly, but not before a busy browser has shown it."""

    @property
    def shown_for_s(self) -> float:
        return 4.0


@pytest.fixture(scope="module")
def replies() -> list[Reply]:
    """The replies that the device with a token was sent."""
    return []


@pytest.fixture(scope="module")
def device_with_token(tmp_path_factory: pytest.TempPathFactory, replies: list[Reply]) -> Iterator[Device]:
    file = tmp_path_factory.mktemp("secrets") / "token"
    file.write_text(TOKEN)
    device = Device(token_file=file)
    device.commands.register_payload(Reply, replies.append)
    device.commands.register_payload(Reply, device.sink.show_reply)
    yield device
    device.stop()


@pytest.fixture
def signed_in(browser: Browser, device_with_token: Device, replies: list[Reply]) -> Iterator[PageVisit]:
    """The page of somebody who has shown the token, without a reply."""
    replies.clear()
    device_with_token.sink.clear()
    visit = PageVisit(browser, f"{device_with_token.url}?token={TOKEN}")
    wait_until_live(visit)
    expect(visit["#reply-form"]).to_be_visible()  # typing does not wait for it
    yield visit
    visit.close()


def test_visitor_reads_the_reply_and_cannot_write_one(device: Device, open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    wait_until_live(page)
    device.sign_word()
    device.sink.show_reply(reply("موعدك مع", partial=True))
    expect(page["#reply-title"]).to_have_text("Being written")
    expect(page["#reply-announced"]).to_be_empty()
    device.sink.show_reply(reply(MIXED))
    expect(page["#reply-title"]).to_have_text("Reply")
    expect(page["#reply-text"]).to_have_text(MIXED)
    expect(page["#reply-announced"]).to_have_text(MIXED)
    assert page.style("#reply-text", "direction") == "rtl"
    expect(page["#reply"]).to_have_css("background-color", css(THEMES["dark"].reply))
    expect(page["#reply-form"]).to_be_hidden()
    later = open_page(language="ar")
    expect(later["#reply-text"]).to_have_text(MIXED)
    device.sink.show_reply(reply(""))
    expect(page["#reply"]).to_be_hidden()
    expect(later["#reply"]).to_be_hidden()


def test_reply_disappears_with_the_words_and_after_its_time(device: Device, open_page: OpenPage) -> None:
    device.sink.show_reply(reply("Room 7"))
    page = open_page()
    expect(page["#reply-text"]).to_have_text("Room 7")
    assert page.style("#reply-text", "direction") == "ltr"
    device.sink.clear()
    expect(page["#reply"]).to_be_hidden()
    wait_until_live(page)
    device.sink.show_reply(BriefReply(command="reply", text="Room 8"))
    expect(page["#reply-text"]).to_have_text("Room 8")
    expect(page["#reply"]).to_be_hidden()


def test_reply_is_sent_while_it_is_written(signed_in: PageVisit, replies: list[Reply]) -> None:
    field = signed_in["#reply-input"]
    field.press_sequentially("غرفة 7", delay=60)
    expect(signed_in["#reply-text"]).to_have_text("غرفة 7")
    expect(signed_in["#reply-title"]).to_have_text("Being written")
    field.press("Enter")
    expect(signed_in["#reply-title"]).to_have_text("Reply")
    expect(field).to_have_value("")
    assert (replies[-1].text, replies[-1].partial) == ("غرفة 7", False)
    assert {one.partial for one in replies[:-1]} == {True}
    assert len(replies) < 6, "each letter was sent"
    signed_in["#reply-remove"].click()
    expect(signed_in["#reply"]).to_be_hidden()
    assert replies[-1].text == ""


def test_pasted_text_loses_what_the_device_refuses(signed_in: PageVisit, replies: list[Reply]) -> None:
    signed_in["#reply-input"].fill("\u202bغرفة\u202c\n\t7\u0007 ")
    signed_in["#reply-form button.main"].click()
    expect(signed_in["#reply-text"]).to_have_text("غرفة 7")
    assert replies[-1].text == "غرفة 7"
    assert signed_in["#reply-status"].text_content() == ""


def test_reply_that_was_not_sent_stays_in_the_field(signed_in: PageVisit) -> None:
    signed_in.page.route("**/api/command", lambda route: route.abort())
    signed_in["#reply-input"].fill("غرفة 7")
    signed_in["#reply-form button.main"].click()
    expect(signed_in["#reply-status"]).to_have_text("Not shown: the device does not answer")
    expect(signed_in["#reply-input"]).to_have_value("غرفة 7")
    signed_in["#language"].click()
    expect(signed_in["#reply-status"]).to_have_text("لم يُعرض: لا يجيب الجهاز")
    signed_in.problems.clear()  # of the connection


def test_reply_and_field_have_no_severe_violation(signed_in: PageVisit) -> None:
    signed_in["#reply-input"].fill(MIXED)
    expect(signed_in["#reply-text"]).to_have_text(MIXED)
    for _ in LANGUAGES:
        for theme in THEMES:
            signed_in["#theme"].select_option(theme)
            assert severe_violations(signed_in) == [], theme
        signed_in["#language"].click()
