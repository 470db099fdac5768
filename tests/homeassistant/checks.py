"""The checks: a user of Home Assistant does something with a device, and sees it."""

import json
import signal
import time
from pathlib import Path
from typing import Any, Final

from edge.requests import Command
from tests.device.device import CheckFailed, wait_until
from tests.edge.mosquitto import Mosquitto
from tests.edge.word_publisher import word
from tests.homeassistant.home_assistant import PATIENCE_S, home_assistant, pretty
from tests.homeassistant.household import Household, household
from tests.homeassistant.word_watch import WORD_ENTITY, watching

_SETTLE_S: Final = 3.0  # after which nothing more comes
_DEMO_WORDS: Final = 9
_ENTITIES: Final = {
    "event.ishara_entrance_word": "Word",
    "sensor.ishara_entrance_last_word": "Last word",
    "sensor.ishara_entrance_confidence": "Confidence",
    "event.ishara_entrance_utterance": "Utterance",
    "sensor.ishara_entrance_last_utterance": "Last utterance",
    "binary_sensor.ishara_entrance_camera": "Camera",
    "sensor.ishara_entrance_frames_per_s": "Frames a second",
    "sensor.ishara_entrance_model": "Model",
    "sensor.ishara_entrance_obstacle": "Obstacle to reading",
    "binary_sensor.ishara_entrance_too_dark": "Too dark",
    "binary_sensor.ishara_entrance_too_far": "Too far",
    "binary_sensor.ishara_entrance_too_blurred": "Too blurred",
    "binary_sensor.ishara_entrance_web": "Live page",
    "binary_sensor.ishara_entrance_daemon": "Program",
    "binary_sensor.ishara_entrance_model_problem": "Model problem",
    "binary_sensor.ishara_entrance_findings": "Findings of the check",
    "button.ishara_entrance_check": "Check device",
    "switch.ishara_entrance_recognition": "Sign recognition",
    "select.ishara_entrance_vocabulary": "Vocabulary",
    "notify.ishara_entrance_reply": "Reply",
    "image.ishara_entrance_snapshot": "Snapshot",
    "button.ishara_entrance_take_snapshot": "Take snapshot",
    "button.ishara_entrance_clear": "Clear captions",
}
_WITHOUT_STATE: Final = {  # until the next word, or until it is pressed
    WORD_ENTITY,
    "sensor.ishara_entrance_last_word",
    "sensor.ishara_entrance_confidence",
    "event.ishara_entrance_utterance",
    "sensor.ishara_entrance_last_utterance",
    "notify.ishara_entrance_reply",
    "binary_sensor.ishara_entrance_findings",
    "button.ishara_entrance_check",
    "image.ishara_entrance_snapshot",
    "button.ishara_entrance_take_snapshot",
    "button.ishara_entrance_clear",
}
_MEASURED: Final = {"sensor.ishara_entrance_temperature", "binary_sensor.ishara_entrance_too_hot"}
"""There where this machine measures it."""
_CLASSES: Final = {
    "binary_sensor.ishara_entrance_camera": "connectivity",
    "sensor.ishara_entrance_temperature": "temperature",
    **{entity: "problem" for entity in _ENTITIES if entity.startswith("binary_sensor") and "camera" not in entity},
}


def entities(house: Household) -> str:
    """See every entity with its name, class and a state, and none for what is not there."""
    house.start_device()
    for entity in _ENTITIES.keys() - _WITHOUT_STATE:
        house.wait_for(entity)
    states = house.home.states()
    expected = set(_ENTITIES) | (_MEASURED & states.keys())
    expect(set(states) == expected, f"the entities are {pretty(sorted(states))}")
    for entity, name in _ENTITIES.items():
        shown = states[entity]["attributes"]
        expect(shown["friendly_name"] == f"Ishara entrance {name}", f"{entity} is called {shown['friendly_name']}")
    for entity in _CLASSES.keys() & expected:
        expect(states[entity]["attributes"].get("device_class") == _CLASSES[entity], f"{entity} has no class")
    expect(states["binary_sensor.ishara_entrance_camera"]["state"] == "on", "the camera is not connected")
    well = ("off", "unknown")
    problems = [
        entity for entity in states if _CLASSES.get(entity) == "problem" and states[entity]["state"] not in well
    ]
    expect(not problems, f"there are problems: {problems}")
    return f"{len(states)} entities, of measurements {sorted(_MEASURED & states.keys())}"


def words(house: Household) -> str:
    """See each word of a recording as an event, and have it spoken by the automation of the documentation."""
    house.stop_device()
    with watching(house.home) as watch:
        house.play_demo()
        expect(len(watch.seen) == _DEMO_WORDS, f"{len(watch.seen)} words were seen")
    house.start_device()
    house.wait_for(WORD_ENTITY)
    time.sleep(_SETTLE_S)
    expect(house.spoken() == _DEMO_WORDS, f"{house.spoken()} words were spoken")
    states = house.home.states()
    for kind, text in (("word", "word"), ("utterance", "text")):
        event, last = states[f"event.ishara_entrance_{kind}"], states[f"sensor.ishara_entrance_last_{kind}"]
        expect(event["attributes"][text] == last["state"], f"{pretty(event)} is not {pretty(last)}")
    return f"{_DEMO_WORDS} words, each spoken once, the last line {last['state']}"


def repeated_word(house: Household) -> str:
    """See a word that comes twice as one event."""
    before = house.spoken()
    first, second = (json.loads(word(seq).to_json()) for seq in (2**52, 2**52 + 1))
    with watching(house.home) as watch:
        for event in (first, first, second, first, second):
            house.publish("ishara/entrance/word", event)
        wait_until(lambda: second["seq"] in watch.counts, "the second word", PATIENCE_S)
        time.sleep(_SETTLE_S)
        counts = [watch.counts[event["seq"]] for event in (first, second)]
    expect(counts == [1, 1], f"two words that came twice were seen {counts} times")
    expect(house.spoken() == before + 2, f"{house.spoken() - before} words were spoken")
    return "once seen, once spoken"


def pause(house: Household) -> str:
    """Switch recognition off and on."""
    switch = "switch.ishara_entrance_recognition"
    house.home.call("switch.turn_off", switch)
    house.wait_for(switch, "off")
    house.home.call("switch.turn_on", switch)
    house.wait_for(switch, "on")
    return "paused and resumed"


def button(house: Household) -> str:
    """Press the button that clears the captions."""
    house.home.call("button.press", "button.ishara_entrance_clear")
    wait_until(lambda: f"executed the command {Command.CLEAR}" in house.daemon.logged, "the command", PATIENCE_S)
    return "captions cleared"


def reply(house: Household) -> str:
    """Answer the signer: what the device refuses in a reply does not reach it."""
    message = 'غرفة "7"\n\u202bالدور 2\u202c'
    house.home.call("notify.send_message", "notify.ishara_entrance_reply", message=message)
    wait_until(lambda: f"executed the command {Command.REPLY}" in house.daemon.logged, "the command", PATIENCE_S)
    return "reply shown"


def restarted_home(house: Household) -> str:
    """Restart Home Assistant while the device runs: every entity is back with its state, and no word is said again."""
    before = house.spoken()
    house.home.stop()
    house.home.start()
    began = time.monotonic()
    for entity in _ENTITIES.keys() - _WITHOUT_STATE:
        house.wait_for(entity)
    house.wait_for(WORD_ENTITY)
    took_s = time.monotonic() - began
    time.sleep(_SETTLE_S)
    expect(house.spoken() == before, f"{house.spoken() - before} words were spoken again")
    _see_word(house, 2**52 + 2)
    house.wait_for("sensor.ishara_entrance_last_word")
    return f"all entities back within {took_s:.0f} s"


def killed_device(house: Household) -> str:
    """Kill the daemon: the entities are unavailable, and back with the next one, and no word is said again."""
    house.stop_device(signal.SIGKILL)
    wait_until(lambda: not house.home.is_available(WORD_ENTITY), "unavailable entities", PATIENCE_S)
    house.home.stop()
    house.home.start()
    before = house.spoken()
    expect(not house.home.is_available(WORD_ENTITY), "the entities are available without a device")
    house.start_device()
    house.wait_for("switch.ishara_entrance_recognition", "on")
    time.sleep(_SETTLE_S)
    expect(house.spoken() == before, f"{house.spoken() - before} words were spoken again")
    return "unavailable, then back"


def removed_page(house: Household) -> str:
    """Have no button to clear captions after the page was removed from the configuration."""
    house.stop_device()
    house.start_device()
    house.wait_for("button.ishara_entrance_clear", "unknown")
    house.stop_device()
    house.start_device(has_page=False)
    wait_until(lambda: "button.ishara_entrance_clear" not in house.home.states(), "the end of the button", PATIENCE_S)
    house.wait_for("switch.ishara_entrance_recognition")
    return "no button is left"


def renamed_device(house: Household) -> str:
    """Rename the device: the one of the old name is gone from Home Assistant and from the broker."""
    house.stop_device()
    house.start_device(DEVICE="hall")
    house.wait_for("switch.ishara_hall_recognition")
    left = [entity for entity in house.home.states() if "entrance" in entity]
    expect(not left, f"these entities are left: {left}")
    topics = [topic for topic in house.retained() if "entrance" in topic]
    expect(not topics, f"the broker keeps {topics}")
    return "nothing is left of the old name"


def discovery_off(house: Household) -> str:
    """Switch discovery off: the device is gone from Home Assistant, and goes on publishing."""
    house.stop_device()
    house.start_device(DEVICE="hall", MQTT_DISCOVERY="false")
    wait_until(lambda: not house.home.states(), "the end of all entities", PATIENCE_S)
    expect(house.retained() == {f"ishara/hall/{kind}" for kind in ("health", "model", "status")}, "other topics remain")
    return "no entity is left"


def nothing_retained(root: Path, folder: Path) -> str:
    """Use a broker that stores no retained messages: everything is there, also after Home Assistant was restarted."""
    folder.mkdir()
    broker = Mosquitto(folder, settings="retain_available false")
    broker.start()
    try:
        with home_assistant(root, "/srv/second", broker.port) as home, household(home, broker, folder) as house:
            house.start_device()
            house.wait_for("switch.ishara_entrance_recognition")
            home.stop()
            home.start()
            house.wait_for("switch.ishara_entrance_recognition")
            house.wait_for("sensor.ishara_entrance_model")
            return no_complaints(house)
    finally:
        broker.stop()


def no_complaints(house: Household) -> str:
    """Find no warning about the device in the log of Home Assistant."""
    complaints = house.home.complaints()
    expect(not complaints, "\n".join(complaints))
    return "none"


def _see_word(house: Household, seq: int) -> None:
    with watching(house.home) as watch:
        event: dict[str, Any] = json.loads(word(seq).to_json())
        house.publish("ishara/entrance/word", event)
        wait_until(lambda: seq in watch.counts, "the next word", PATIENCE_S)


def expect(condition: bool, otherwise: str) -> None:
    """Raise CheckFailed with the sentence unless the condition holds."""
    if not condition:
        raise CheckFailed(otherwise)
