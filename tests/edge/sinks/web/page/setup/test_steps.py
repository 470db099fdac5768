"""The steps of set-up on the page, with what a test has the device find."""

import re

from playwright.sync_api import Browser, expect

from edge.setup.state import Advice
from tests.edge.sinks.web.browser import LANGUAGES, PageVisit
from tests.edge.sinks.web.page.setting_up import FIRST, PHONE, SECOND, TRIED, SetupDevice, go_to, open_setup
from tests.edge.sinks.web.page.showing import SIGNER, show_until_visible
from tests.edge.sinks.web.page.test_accessibility import THEMES, severe_violations
from tests.edge.waiting import wait_until

STEPS = ("language", "camera", "try", "screen", "broker", "page", "name", "finish")


def test_code_is_filled_in_from_the_qr_code_and_leaves_the_address(browser: Browser, device: SetupDevice) -> None:
    visit = PageVisit(browser, f"{device.url}#code={device.code}", ignore_https_errors=True)
    expect(visit["#token"]).to_have_value(device.code)
    assert device.code not in visit.page.url
    visit["button.main"].click()
    expect(visit["#setup-title"]).to_have_text("Language")
    visit.context.close()


def test_every_step_can_be_passed_and_returned_to_and_is_kept_when_the_page_is_loaded_again(page: PageVisit) -> None:
    for name in ("Language", "Camera", "Try it", "Screen", "Broker"):
        expect(page["#setup-title"]).to_have_text(name)
        skip = page["#setup-skip"] if page["#setup-skip"].is_visible() else page["#setup-next"]
        skip.click()
    expect(page["#setup-title"]).to_have_text("Page")
    page["#setup-back"].click()
    expect(page["#setup-title"]).to_have_text("Broker")
    page.page.reload()
    expect(page["#setup-title"]).to_have_text("Broker")
    expect(page['#setup-nav [aria-current="step"]']).to_have_text("Broker")
    page.page.go_back()
    expect(page["#setup-title"]).to_have_text("Page")


def test_language_is_chosen_first(page: PageVisit) -> None:
    page["#setup-panel label"].filter(has_text="العربية").click()
    expect(page["#setup-title"]).to_have_text("اللغة")
    assert page["html"].get_attribute("dir") == "rtl"


def test_camera_without_a_picture_is_explained(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "camera")
    expect(page["#setup-advice"]).to_contain_text("Nobody is seen")  # what the guide begins with
    device.advise(Advice.NO_PICTURE, fault="the camera at cellar refuses the user name or password (401)")
    expect(page["#setup-advice"]).to_contain_text("No picture comes.")
    expect(page["#setup-camera-fault"]).to_contain_text("refuses the user name or password (401)")
    device.advise(Advice.GOOD)
    expect(page["#setup-camera-fault"]).to_be_hidden()


def test_camera_that_is_chosen_is_tried_at_once_and_guided(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "camera")
    expect(page["#setup-cameras label"]).to_have_count(3)
    expect(page["#setup-cameras :checked"]).to_have_value(FIRST.source)
    expect(page["#setup-advice"]).to_have_text(
        "Nobody is seen. Stand before the camera, two or three steps away, with your head in the picture."
    )
    show_until_visible(device, page, "rgb(40, 80, 160)", tolerance=6)  # the picture itself, not the skeleton alone
    device.advise(Advice.GOOD)
    expect(page["#setup-advice.good"]).to_contain_text("the device can read you here")
    page["#setup-cameras label"].filter(has_text="Web Cam").click()
    expect(page["#setup-status"]).to_have_text("Done: the device uses it.")
    assert device.settings.applied == [{"camera.source": SECOND.source}]


AMOUNTS = (
    (Advice.COME_CLOSER, {"factor": 1.6}, "The right distance is about 65% of your distance now."),
    (Advice.STEP_BACK, {"factor": 1.5}, "The right distance is about 150% of your distance now."),
    (Advice.LEVEL, {"degrees": 13}, "Turn it about 15° clockwise, as you see it from behind."),
    (Advice.LEVEL, {"degrees": -13}, "Turn it about 15° anticlockwise, as you see it from behind."),
    (Advice.MORE_LIGHT, {"factor": 2.0}, "The picture has about 50% of the brightness that it needs."),
    (Advice.LIGHT_IN_FRONT, {"factor": 4.0}, "You are about 25% as bright as what is behind you."),
    (Advice.SHARPEN, {"factor": 90.0}, "The picture has about 5% of the sharpness that it needs."),
    (Advice.SHARPEN, {"factor": 1.0}, "The picture has about 95% of the sharpness that it needs."),
    (Advice.MOVE_LEFT, {"centimetres": 60}, "Distance to the middle: about 60 cm"),
    (Advice.RAISE_CAMERA, {"centimetres": 20}, "Higher by about 20 cm"),
    (Advice.ONE_PERSON, {"people": 2}, "People in the picture: 2"),
)


def test_amount_stands_beside_the_advice(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "camera")
    expect(page["#setup-advice"]).to_contain_text("Nobody is seen")  # what the guide begins with
    expect(page["#setup-amount"]).to_be_hidden()
    for advice, figures, text in AMOUNTS:
        device.advise(advice, **figures)
        expect(page["#setup-amount"]).to_have_text(text)
    device.advise(Advice.MOVE_LEFT)  # of somebody of whom too little is in the picture to be measured
    expect(page["#setup-amount"]).to_be_hidden()


def test_screen_reader_speaks_when_the_advice_changes_and_not_at_every_amount(
    page: PageVisit, device: SetupDevice
) -> None:
    go_to(page, "camera")
    expect(page["#setup-advice"]).to_contain_text("Nobody is seen")  # what the guide begins with
    device.advise(Advice.COME_CLOSER, factor=2.0)
    expect(page["#setup-amount"]).to_contain_text("50%")
    page.page.evaluate(
        """() => {
            window.spoken = 0;
            const watcher = new MutationObserver((changes) => (window.spoken += changes.length));
            for (const region of document.querySelectorAll('[role="status"], [role="alert"], [aria-live]'))
                watcher.observe(region, { childList: true, characterData: true, subtree: true });
        }"""
    )
    for factor, share in ((1.9, "55%"), (1.6, "65%"), (1.3, "75%")):
        device.advise(Advice.COME_CLOSER, factor=factor)
        expect(page["#setup-amount"]).to_contain_text(share)
    assert page.page.evaluate("window.spoken") == 0
    device.advise(Advice.GOOD)
    expect(page["#setup-amount"]).to_be_hidden()
    assert page.page.evaluate("window.spoken") == 1


def test_address_of_a_camera_is_tried_before_its_step_is_left(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "camera")
    page["#setup-cameras label"].filter(has_text="A camera of the network").click()
    page['[name="camera.source"]'].fill("http://192.0.2.7/video")
    page["#setup-next"].click()
    expect(page["#setup-status"]).to_have_text("Done: the device uses it.")
    assert device.settings.applied == [{"camera.source": "http://192.0.2.7/video"}]
    expect(page["#setup-title"]).to_have_text("Camera")
    device.advise(Advice.COME_CLOSER)
    expect(page["#setup-advice"]).to_have_text("Come closer to the camera.")
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Try it")


def test_picture_of_a_camera_on_its_side_is_turned(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "camera")
    expect(page["#setup-advice"]).to_contain_text("Nobody is seen")  # what the guide begins with
    device.advise(Advice.TURN_PICTURE, degrees=90)
    page["#setup-turn"].click()
    wait_until(lambda: device.settings.applied == [{"camera.rotation_degrees": 90}], "the change")


def test_view_stops_when_the_step_is_left(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "camera")
    show_until_visible(device, page, "rgb(40, 80, 160)", tolerance=6)
    go_to(page, "name")
    assert any(request.action == "stop" for request in device.asked)
    wait_until(lambda: device.sink._view_level == 0, "the end of the view")


def test_word_that_is_signed_is_ticked(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "try")
    expect(page["#setup-words li"]).to_have_count(3)
    device.see(TRIED[0].sign_id)
    expect(page["#setup-words li.seen"]).to_contain_text(TRIED[0].word)
    expect(page["#setup-tried"]).to_contain_text(TRIED[0].word)


def test_list_of_cameras_stays_under_the_finger_while_the_guide_measures(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "camera")
    expect(page["#setup-advice"]).to_contain_text("Nobody is seen")
    page["#setup-cameras input"].first.evaluate("(radio) => radio.dataset.same = 'yes'")
    device.advise(Advice.COME_CLOSER, factor=1.5)
    expect(page["#setup-advice"]).to_contain_text("Come closer")
    expect(page["#setup-cameras [data-same]"]).to_have_count(1)


def test_second_browser_is_guided_on_when_the_first_leaves(
    browser: Browser, page: PageVisit, device: SetupDevice
) -> None:
    other = open_setup(browser, device)
    for visit in (page, other):
        go_to(visit, "camera")
    wait_until(lambda: [request.action for request in device.asked].count("guide") == 2, "the guide of both")
    device.asked.clear()
    go_to(page, "name")
    wait_until(lambda: [request.action for request in device.asked] == ["stop", "guide"], "the guide of the other")
    expect(other["#setup-advice"]).to_have_text(
        "Nobody is seen. Stand before the camera, two or three steps away, with your head in the picture."
    )
    other.context.close()


def test_words_that_were_seen_stay_seen_in_a_second_browser(
    browser: Browser, page: PageVisit, device: SetupDevice
) -> None:
    go_to(page, "try")
    expect(page["#setup-words li"]).to_have_count(3)
    device.see(TRIED[1].sign_id)
    other = open_setup(browser, device)
    go_to(other, "try")
    for visit in (other, page):
        expect(visit["#setup-words li.seen"]).to_contain_text(TRIED[1].word)
    page["#setup-again"].click()
    expect(other["#setup-words li.seen"]).to_have_count(0)
    go_to(other, "name")
    expect(page["#setup-words li"]).to_have_count(3)
    wait_until(lambda: device.asked[-1].action == "try", "the words of the one who stays")
    other.context.close()


def test_look_of_the_screen_is_tried_at_once(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "screen")
    page["#setup-panel label"].filter(has_text="High contrast").click()
    wait_until(lambda: device.settings.applied == [{"captions.theme": "contrast"}], "the theme")
    expect(page["#setup-status"]).to_have_text("Done: the device uses it.")
    page["#setup-panel label"].filter(has_text="Large").click()
    wait_until(lambda: device.settings.applied[-1] == {"captions.text_size": 1.25}, "the size")
    expect(page["#setup-status"]).to_have_text("Done: the device uses it.")
    page["[name=captions]"].uncheck()
    wait_until(lambda: device.settings.applied[-1] == {"captions": None}, "no captions")


def test_token_is_made_set_and_shown_as_long_as_the_page_is_open(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "page")
    token = page['[name="web.token"]'].input_value()
    assert re.fullmatch("([2-9A-Z]{4}-){4}[2-9A-Z]{4}", token)
    page["#setup-new-token"].click()
    token, before = page['[name="web.token"]'].input_value(), token
    assert token != before
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Name")
    assert device.settings.secrets == {"web.token": token}
    page["#setup-back"].click()
    expect(page['[name="web.token"]']).to_have_value(token)


def test_wrong_name_is_refused_before_it_is_sent(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "name")
    page["[name=device]"].fill("غرفة 3")
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Name")
    page["[name=device]"].fill("ward-3")
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Finish")
    assert device.settings.applied == [{"device": "ward-3"}]


def test_change_that_the_device_refuses_is_undone_and_explained(page: PageVisit, device: SetupDevice) -> None:
    device.settings.refusal = "the camera is absent"
    go_to(page, "name")
    page["[name=device]"].fill("ward-3")
    page["#setup-next"].click()
    expect(page["#setup-error"]).to_have_text("Not done, and all is as before: the camera is absent")
    expect(page["[name=device]"]).to_be_enabled()
    expect(page["#setup-title"]).to_have_text("Name")


def test_finish_asks_for_a_token_shows_everything_and_saves(page: PageVisit, device: SetupDevice) -> None:
    go_to(page, "finish")
    expect(page["#setup-finish"]).to_be_disabled()
    page["#setup-missing a"].click()
    expect(page["#setup-title"]).to_have_text("Page")
    page["#setup-next"].click()
    expect(page["#setup-title"]).to_have_text("Name")
    go_to(page, "finish")
    expect(page["#setup-changes"]).to_contain_text("Dark")
    page["#setup-panel summary:visible"].click()
    expect(page["#setup-difference"]).to_contain_text("+captions.theme")
    page["#setup-finish"].click()
    wait_until(lambda: device.settings.is_finished, "the end of set-up")
    expect(page["#setup-new-address"]).to_contain_text(f"https://127.0.0.1:{device.port}/live-signs")


def test_page_works_with_the_keyboard_alone(page: PageVisit, device: SetupDevice) -> None:
    expect(page["#setup-next"]).to_be_visible()
    page["#setup-title"].focus()
    page.press("Tab", "Tab", "Enter")  # the language, then the button
    expect(page["#setup-title"]).to_be_focused()
    expect(page["#setup-title"]).to_have_text("Camera")
    expect(page["#setup-cameras :checked"]).to_have_value(FIRST.source)
    page["#setup-cameras :checked"].focus()
    page.press("ArrowDown")
    wait_until(lambda: device.settings.applied == [{"camera.source": SECOND.source}], "the camera")
    expect(page["#setup-cameras :checked"]).to_be_focused()


def test_no_step_is_wider_than_a_phone_nor_shuts_anybody_out(browser: Browser, device: SetupDevice) -> None:
    for language in LANGUAGES:
        visit = open_setup(browser, device, viewport=PHONE, language=language)
        expect(visit["#setup-title"]).to_be_visible()
        for step in STEPS:
            go_to(visit, step)
            device.show(SIGNER[0])
            width = visit["html"].evaluate("html => html.scrollWidth")
            assert width <= PHONE["width"], f"{language}, {step}: {width}"
            assert severe_violations(visit) == [], f"{language}, {step}"
        for theme in THEMES[language]:
            visit["#theme"].select_option(theme)
            assert severe_violations(visit) == [], f"{language}, {theme}"
        visit.context.close()
