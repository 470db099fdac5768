"""Checks of the blueprints, each used as somebody uses it in the browser."""

import json
import time
from typing import Any, Final
from urllib.parse import unquote_plus

from edge.requests import Command
from edge.utterances.utterance import NumberedEvent
from tests.device.device import wait_until
from tests.edge.word_publisher import utterance, word
from tests.homeassistant.checks import expect
from tests.homeassistant.home_assistant import PATIENCE_S
from tests.homeassistant.household import Household

_SETTLE_S: Final = 2.0
_FIRST: Final = 2**51 + 1000
_HELP: Final = {"sign_id": 182, "word": "يساعد", "word_en": "help"}


def announce(house: Household) -> str:
    """Have words and utterances said by a loudspeaker, and neither corrections nor what comes late."""
    voice = {"voice": "tts.test", "speaker": "media_player.test"}
    _make(house, "announce", name="words", event="event.ishara_entrance_word", language="english", **voice)
    _make(house, "announce", name="lines", event="event.ishara_entrance_utterance", **voice)
    time.sleep(_SETTLE_S)
    line = utterance(_FIRST + 4)
    _publish(house, word(_FIRST).model_copy(update=_HELP))
    _publish(house, word(_FIRST + 1).model_copy(update={**_HELP, "late": True}))
    _publish(house, word(_FIRST + 2).model_copy(update={**_HELP, "corrects": _FIRST}))
    _publish(house, line)
    wait_until(lambda: len(_played(house)) == 2, "two announcements", PATIENCE_S)
    time.sleep(_SETTLE_S)
    played = _played(house)
    expect(len(played) == 2, f"these were announced: {played}")
    expect("message=help" in played[0] and line.text in played[1], f"these were announced: {played}")
    return f"“help” and “{line.text}” were said"


def alert(house: Household) -> str:
    """Be notified of "help", in either language, and of nothing else."""
    _make(house, "alert", name="alert", word="event.ishara_entrance_word", words=["help", "ألم"])
    time.sleep(_SETTLE_S)
    _publish(house, word(_FIRST + 10))
    _publish(house, word(_FIRST + 11).model_copy(update=_HELP))
    _publish(house, word(_FIRST + 12).model_copy(update={"sign_id": 116, "word": "ألم", "word_en": "pain"}))
    _publish(house, word(_FIRST + 13).model_copy(update={**_HELP, "corrects": _FIRST + 10}))
    time.sleep(_SETTLE_S)
    found = house.home.ask("persistent_notification/get")
    # Home Assistant has some of its own, such as of an integration that finds no network.
    titles = sorted(one["title"] for one in found if "·" in str(one["title"]))
    expect(titles == ["help · يساعد", "pain · ألم"], f"the notifications are {titles}")
    return " and ".join(titles)


def reply(house: Household) -> str:
    """Answer the signer by what Assist hears."""
    _make(house, "reply", name="reply", screen="notify.ishara_entrance_reply")
    time.sleep(_SETTLE_S)
    before = house.daemon.logged.count(f"executed the command {Command.REPLY}")
    for sentence, language in (("tell the visitor please take a seat", "en"), ("قل للزائر تفضل بالجلوس", "ar")):
        house.home.post("/api/conversation/process", {"text": sentence, "language": language})

    def count() -> int:
        return house.daemon.logged.count(f"executed the command {Command.REPLY}") - before

    wait_until(lambda: count() == 2, "two replies", PATIENCE_S)
    return "two sentences are shown as replies"


def _make(house: Household, blueprint: str, *, name: str, **inputs: Any) -> None:
    used = {"use_blueprint": {"path": f"ishara/{blueprint}.yaml", "input": inputs}}
    house.home.make_automation(f"blueprint {name}", used)


def _publish(house: Household, event: NumberedEvent) -> None:
    topic = "utterance" if event.event_type == "utterance" else "word"
    house.publish(f"ishara/entrance/{topic}", json.loads(event.to_json()))
    time.sleep(0.2)


def _played(house: Household) -> list[str]:
    played = house.home.get("/api/states/media_player.test")["attributes"]["played"]
    return [unquote_plus(one) for one in played]
