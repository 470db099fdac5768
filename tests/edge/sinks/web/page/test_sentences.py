"""The daemon's English sentences on the Arabic page."""

import re
from dataclasses import replace
from typing import Final

from playwright.sync_api import expect

from edge.cameras.network_address import ESCAPES, NetworkAddress
from edge.cameras.network_camera import _explain
from edge.cameras.network_probe import Answer
from edge.monitoring.status import Component
from edge.probation.comparison import ModelSummary, find_fault
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.page.conftest import OpenPage
from tests.edge.sinks.web.page.showing import wait_until_live


def parse(source: str) -> NetworkAddress:
    address = NetworkAddress.parse(source)
    assert address is not None
    return address


ADDRESS: Final = parse("rtsp://10.0.0.7/live")
WITH_LOGIN: Final = parse("rtsp://guest:word@10.0.0.7/live")
ANSWERS: Final = [
    _explain(Answer(401, ""), ADDRESS),
    _explain(Answer(401, ""), WITH_LOGIN),
    _explain(Answer(401, "", knows_login=False), WITH_LOGIN),
    *(_explain(Answer(status, ""), ADDRESS) for status in (403, 404, 302, 500)),
    _explain(Answer(200, "text/html"), ADDRESS),
]
NETWORK: Final = [
    "cannot be found, because no name server answers; check this device's network",
    "cannot be found: no machine has this name; correct it, or write the IP address",
    "does not answer; check that it is switched on, and host and port of its address",
    f"refuses the connection; check that it is switched on, and that 554 is its port; {ESCAPES}",
    "offers no encryption (TLS) that works here; check the port, or write rtsp://",
    "does not speak RTSP; check host, port and scheme of its address",
    "cannot be reached: No route to host; check this device's network",
    *ANSWERS,
]
OLD: Final = ModelSummary(segments=40, silent=1, words=40, signs=12, confidence=0.9)
ABSURD: Final = [
    replace(OLD, silent=40),
    replace(OLD, confidence=0.2),
    replace(OLD, words=400),
    replace(OLD, signs=1),
]
SENTENCES: Final = [
    *(f"the camera at rtsp://10.0.0.7:554 {sentence}" for sentence in NETWORK),
    "the camera /dev/video0 delivers no more images",
    "the camera /dev/video0 hangs in its driver; unplug it or restart this device",
    "the camera /dev/video0 is frozen: it delivers the same image again and again",
    "the camera /dev/video0 delivers nothing but black; check that its lens is not covered and that the room is lit",
    "the camera /dev/video0 cannot be opened; check that it is plugged in and that no other program uses it",
    "the camera picamera:0 is absent: 0 are connected; check its cable",
    "the broker 10.0.0.1:1883 is lost: it does not acknowledge a message",
    "the broker 10.0.0.1:1883 is lost: Connection reset by peer",
    "the broker 10.0.0.1:1883 cannot be reached: Connection refused",
    "the broker 10.0.0.1:1883 refuses this device: Not authorized",
    "the broker 10.0.0.1:1883 closes the connection without an answer; check whether it needs TLS",
    (
        "the broker 10.0.0.1:1883 ends the connection again and again: another client seems to use the name hall; "
        "give each device its own"
    ),
    *(f"rolled back tiny@4: {find_fault(OLD, new)}" for new in ABSURD),
    "its process was ended by signal 9",
    "its process does not answer; the camera /dev/video0 delivers no more images",
    "there is no screen 2: this machine has 1, counted from 0",
    "the loudspeaker default plays nothing: No such file or directory",
    "the loudspeaker plughw:0 plays nothing: Device or resource busy",
    "the loudspeaker default takes no sound",
    "the recognition is restarted; please continue",
    "the recognition crashes on what you send; you can come back in 10 s",
]
SHOW = """async (sentence) => {
    const {inArabic} = await import("/live-signs/assets/sentences.js");
    const line = document.createElement("p");
    line.append(...inArabic(sentence));
    return {text: line.textContent, english: [...line.querySelectorAll("bdi")].map((one) => one.outerHTML)};
}"""


def test_sentences_of_the_daemon_are_shown_in_arabic(device: Device, open_page: OpenPage) -> None:
    page = open_page(language="ar").page
    for sentence in SENTENCES:
        shown = page.evaluate(SHOW, sentence)
        assert shown["english"] == [], sentence
        outside = re.sub("\u2068.*?\u2069", "", shown["text"])
        assert re.findall(r"\b[a-z]{2,}", outside) == [], shown["text"]
        assert re.search("[ء-ي]", outside), shown["text"]
        names = re.findall(r"rtsp://\S*\d|/dev/video0|10\.0\.0\.1:1883|hall|401|403|404|302|500", sentence)
        assert all(name in shown["text"] for name in names), shown["text"]


def test_unknown_part_of_a_sentence_stays_english_and_says_so(device: Device, open_page: OpenPage) -> None:
    page = open_page(language="ar")
    wait_until_live(page, "مباشر")
    device.status.report(Component.CAMERA, "the camera csi:0 cannot be opened: <b>no such element</b>")
    device.status.report(Component.BROKER, "the moon is full")
    device.status.set_model_state("rolled back tiny@4: it recognised no word")
    expect(page["#part-camera .more"]).to_have_text("تعذر فتح الكاميرا \u2068csi:0\u2069: <b>no such element</b>")
    expect(page["#part-broker .main-text"]).to_have_text("غير متصل")
    for part in ("camera", "broker"):
        expect(page[f"#part-{part} .more bdi"]).to_have_attribute("lang", "en")
        expect(page[f"#part-{part} .more bdi"]).to_have_attribute("dir", "ltr")
    expect(page["#part-broker .more bdi"]).to_have_text("the moon is full")
    expect(page["#part-model .more"].last).to_have_text("استُبعد النموذج \u2068tiny@4\u2069: it recognised no word")
    page["#language"].click()
    expect(page["#part-broker .more"]).to_have_text("the moon is full")
    expect(page["#part-camera .more"]).to_have_text("the camera csi:0 cannot be opened: <b>no such element</b>")
