"""The languages, colours and keyboard control of the live page, and what it loads."""

import re
from collections import Counter

from playwright.sync_api import expect

from edge.setup.state import Advice, TrialOutcome
from edge.sinks.captions.theme import THEMES
from edge.sinks.web import pages
from tests.edge.sinks.web.browser import LANGUAGES
from tests.edge.sinks.web.device import Device
from tests.edge.sinks.web.page.conftest import OpenPage
from tests.edge.sinks.web.page.showing import wait_until_live

TEXTS = (
    "texts.js",
    "state-texts.js",
    "teach-texts.js",
    "doctor-texts.js",
    "setup-texts.js",
    "setup-guide-texts.js",
)


def test_language_is_the_browsers_until_another_is_chosen(device: Device, open_page: OpenPage) -> None:
    page = open_page(language="ar")
    wait_until_live(page, "مباشر")
    word = device.sign_word()
    expect(page["#announced"]).to_have_text(word.word)
    html = page["html"]
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl")
    rtl_position = page["#state"].bounding_box()
    page["#language"].click()
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("en", "ltr")
    expect(page["#history-title"]).to_have_text("What was said")
    expect(page["#confidence"]).to_have_text("97% sure")
    expect(page["#announced"]).to_have_text(word.word)  # an announcement is not repeated
    ltr_position = page["#state"].bounding_box()
    assert rtl_position is not None
    assert ltr_position is not None
    assert rtl_position["x"] < ltr_position["x"]
    page.page.reload()
    expect(page["html"]).to_have_attribute("dir", "ltr")


def test_both_languages_have_the_same_texts(device: Device, open_page: OpenPage) -> None:
    page = open_page()
    load = "(name) => import(`/live-signs/assets/${name}`).then((texts) => texts.TEXTS)"
    files_of_texts = [page.page.evaluate(load, name) for name in TEXTS]
    names = Counter(name for one in files_of_texts for name in one["en"])
    assert [name for name, count in names.items() if count > 1] == []
    texts = {
        language: {name: text for one in files_of_texts for name, text in one[language].items()}
        for language in LANGUAGES
    }
    assert texts["en"].keys() == texts["ar"].keys()
    of_the_guide = {*(f"advice-{one}" for one in Advice), *(f"outcome-{one}" for one in TrialOutcome)}
    assert of_the_guide <= texts["en"].keys()
    values = {
        language: {name: sorted(re.findall(r"\{.+?\}", text)) for name, text in by_name.items()}
        for language, by_name in texts.items()
    }
    assert values["en"] == values["ar"]
    files = [path.read_text(encoding="utf-8") for path in pages.FOLDER.iterdir() if path.name not in TEXTS]
    used = [name for content in files for name in re.findall(r'"([a-z0-9_-]+)"', content)]
    # A name may be composed: notice-${part}
    built = [name for content in files for name in re.findall(r"`(\$\{\w+\}-[a-z]+|[a-z]+-\$\{\w+\})`", content)]
    patterns = [re.compile(re.sub(r"\$\{\w+\}", "[a-z_-]+", name)) for name in built]
    unused = texts["en"].keys() - set(used)
    assert {name for name in unused if not any(pattern.fullmatch(name) for pattern in patterns)} == set()


def test_colours_are_those_of_the_device_screen(device: Device, open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    expect(page["html"]).to_have_attribute("data-theme", "light")
    for name, theme in THEMES.items():
        page["#theme"].select_option(name)
        for role in theme.__slots__:
            colour = page.page.evaluate(
                "name => getComputedStyle(document.documentElement).getPropertyValue(name)",
                "--" + role.replace("_", "-"),
            )
            assert colour == f"rgb({' '.join(map(str, getattr(theme, role)))})", f"{role} of {name}"
    page.page.reload()
    expect(page["html"]).to_have_attribute("data-theme", "contrast")
    page["#theme"].select_option("system")
    expect(page["html"]).to_have_attribute("data-theme", "light")


def test_every_control_is_reached_by_keyboard_with_visible_focus(device: Device, open_page: OpenPage) -> None:
    device.sign_word()
    page = open_page()
    wait_until_live(page)
    expect(page["#to-own"]).to_be_visible()
    visited: list[list[str]] = []
    while True:
        page.press("Tab")
        focused = page.page.evaluate(
            """() => {
                const element = document.activeElement;
                const shown = element.matches("input") ? element.nextElementSibling : element;
                const {outlineStyle, outlineWidth} = getComputedStyle(shown);
                const text = element.id || element.value || element.textContent;
                return [element.localName, text, `${outlineStyle} ${outlineWidth}`];
            }"""
        )
        if focused[0] == "body" or len(visited) > 30:
            break
        visited.append(focused)
    assert {outline for _, _, outline in visited} == {"solid 3px"}
    assert ["summary" if name == "summary" else text for name, text, _ in visited] == [
        "skip",
        "to-device",
        "to-dictionary",
        "to-own",
        "language",
        "summary",
        "skeleton",
        "summary",
        "theme",
        "Programming interface",
    ]


def test_keyboard_changes_the_page_and_skips_the_header(device: Device, open_page: OpenPage) -> None:
    page = open_page()
    expect(page["#to-own"]).to_be_visible()
    page["#to-own"].focus()
    page.press("Enter")
    expect(page["#own-title"]).to_be_focused()
    page["#skip"].focus()
    page.press("Enter", "Tab")
    expect(page["#own-start"]).to_be_focused()
    page["#to-device"].focus()
    page.press("Enter")
    expect(page["#own-page"]).to_be_hidden()
    expect(page["#captions"]).to_be_focused()
    page["#skip"].focus()
    page.press("Enter", "Tab")
    expect(page["#view-choice input:checked"]).to_be_focused()


def test_reduced_motion_is_respected(device: Device, open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    durations = page.page.evaluate(
        """[...document.querySelectorAll("*")].flatMap((element) => {
            const {animationDuration, transitionDuration} = getComputedStyle(element);
            return [animationDuration, transitionDuration];
        })"""
    )
    assert set(durations) == {"0s"}


def test_what_is_loaded_to_open_the_page_is_small(device: Device, open_page: OpenPage) -> None:
    loaded = open_page().page.evaluate(
        """["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
            .map(({name, decodedBodySize}) => [new URL(name).pathname.split("/").pop(), decodedBodySize])"""
    )
    sizes = {name: size for name, size in loaded if name == "live-signs" or "." in name}
    assert "texts.js" in sizes
    assert (
        not {"own-camera.js", "teach.js", "teach-texts.js", "doctor.js", "doctor-texts.js"} & sizes.keys()
    )  # loaded when they are shown
    assert sum(sizes.values()) <= 115_000, sizes


def test_page_loads_nothing_from_other_servers() -> None:
    files = list(pages.FOLDER.iterdir())
    assert sum(len(file.compressed) for file in pages.FILES.values()) <= 95_000  # what all pages load
    for path in files:
        text = re.sub(r'placeholder="[^"]*"', "", path.read_text(encoding="utf-8"))  # it shows how one is written
        addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"')]*", text)
        assert [one for one in addresses if "www.w3.org/2000/svg" not in one] == [], path
