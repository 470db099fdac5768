"""A running daemon that is taught a word on its page, reads it there, and forgets it again."""

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.edge.conftest import StartDaemon
from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.edge.ports import free_port
from tests.edge.sinks.web.browser import PageVisit
from tests.edge.sinks.web.client import TOKEN
from tests.edge.sinks.web.page.test_teach import fill_form
from tests.synthetic_signer import Sign, even_times, take


def test_word_that_somebody_teaches_on_the_page_is_read_and_undone_there(
    browser: Browser, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    bundle = write_teachable_bundle(tmp_path / "bundle")
    take(even_times(15, 6.5), Sign(5.0, 6.0, NEW_PLACE)).save(tmp_path / "signs.take.npz")
    (tmp_path / "token").write_text(TOKEN)
    port = free_port()
    settings = {
        "ISHARA_WEB_PORT": str(port),
        "ISHARA_WEB_TOKEN_FILE": str(tmp_path / "token"),
        "ISHARA_LEARNING_ASKED_BY": "Reception",
    }
    source = ("--source", "take:signs.take.npz", "--pace", "realtime")
    start_daemon("run", *source, "--model", bundle, settings=settings).wait_for_log("the live page is at")
    page = PageVisit(browser, f"http://127.0.0.1:{port}/live-signs?token={TOKEN}")
    page["#to-teach"].click()
    expect(page["#learned-empty"]).to_have_text("Nothing yet.")
    expect(page["#teach-form blockquote:visible"]).to_contain_text("هل توافقون")
    fill_form(page)
    page["#teach-takes"].select_option("3")
    page["#teach-form button.main"].click()
    expect(page["#keeping-text"]).to_contain_text("أمل")
    expect(page["#teach-phase"]).to_have_text("Learned. You can try it now.")
    expect(page["#keeping"]).to_be_hidden()
    expect(page["#learned-signs summary"]).to_contain_text("قهوة")
    expect(page["#learned-latest"]).to_contain_text("Last change: taught")
    page["#learned-signs summary"].click()
    page["#learned-signs .take"].first.get_by_text("Show").click()
    expect(page["#playing-note"]).to_contain_text("Recording 1 of 1")
    page["#to-device"].click()
    expect(page["#word"]).to_have_text("قهوة")
    page["#to-teach"].click()
    page.page.once("dialog", lambda dialog: dialog.accept())
    page["#learned-undo"].click()
    expect(page["#learned-empty"]).to_have_text("Nothing yet.")
    assert json.loads(page.page.evaluate("fetch('health').then((health) => health.text())"))["learned"] is None
    page.close()
