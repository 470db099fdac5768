"""Checks of what belongs to the device as a whole: its triggers, its page, its choices, its problems, and its end."""

import io
import json
import time
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image

from edge.commands import Commands
from edge.config import SHIPPED_MODEL, MqttConfig
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import Component, DeviceStatus, Obstacle
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.publisher_state import PeriodicHealth
from edge.sinks.mqtt.sink import MqttSink
from edge.utterances.utterance import NumberedEvent
from models.store import SHIPPED
from tests.device.device import wait_until
from tests.edge.word_publisher import utterance, word
from tests.homeassistant.checks import expect
from tests.homeassistant.home_assistant import PATIENCE_S, pretty
from tests.homeassistant.household import ADDRESS, TOKEN, Household

_NAME: Final = "Ishara entrance"
_HELP: Final = 182
_SETTLE_S: Final = 2.0
_VOCABULARY: Final = "select.ishara_entrance_vocabulary"
_MODEL: Final = "select.ishara_entrance_active_model"
_MODEL_PROBLEM: Final = "binary_sensor.ishara_entrance_model_problem"
_GENERAL: Final = {"A word signed", "An utterance ended"}
_FAULTS: Final = {
    Component.SCREEN: "binary_sensor.ishara_desk_screen",
    Component.WEB: "binary_sensor.ishara_desk_web",
    Component.SPEECH: "binary_sensor.ishara_desk_speech",
    Component.DAEMON: "binary_sensor.ishara_desk_daemon",
}
_OBSTACLES: Final = {
    Obstacle.TOO_DARK: "binary_sensor.ishara_desk_too_dark",
    Obstacle.TOO_FAR: "binary_sensor.ishara_desk_too_far",
    Obstacle.TOO_BLURRED: "binary_sensor.ishara_desk_too_blurred",
}


def triggers(house: Household) -> str:
    """Find the triggers of the device, and make automations of three; a correction fires none."""
    found = _triggers(house)
    expected = _GENERAL | {f"{text} signed" for text in ("help", "pain", "doctor", "welcome", "thanks")}
    expect(found.keys() == expected, f"the triggers are {sorted(found)}")
    chosen = {"help": "help signed", "word": "A word signed", "line": "An utterance ended"}
    for name, trigger in chosen.items():
        action = {
            "action": "persistent_notification.create",
            "data": {"notification_id": name, "message": "{{ now() }}"},
        }
        house.home.make_automation(f"trigger {name}", {"triggers": [found[trigger]], "actions": [action]})
    time.sleep(_SETTLE_S)
    first = 2**51
    seen: list[NumberedEvent] = [
        word(first),
        word(first + 1).model_copy(update={"sign_id": _HELP}),
        utterance(first + 2),
    ]
    correction = word(first + 3).model_copy(update={"sign_id": _HELP, "corrects": first})
    runs = []
    for event in (*seen, correction):
        topic = "utterance" if event.event_type == "utterance" else "word"
        house.publish(f"ishara/entrance/{topic}", json.loads(event.to_json()))
        time.sleep(_SETTLE_S)
        states = house.home.get("/api/states")
        runs.append(
            {
                name
                for name in chosen
                for state in states
                if state["entity_id"] == f"automation.trigger_{name}" and state["attributes"]["last_triggered"]
            }
        )
    expect(runs[0] == {"word"}, f"another word triggered {runs[0]}")
    expect(runs[1] == {"word", "help"}, f"help triggered {runs[1]}")
    expect(runs[2] == {"word", "help", "line"}, f"the utterance triggered {runs[2]}")
    return f"{len(found)} triggers: {', '.join(sorted(found))}"


def page(house: Household) -> str:
    """Open the page from the device's entry, by an address that other machines reach."""
    device = house.home.device(_NAME)
    url = None if device is None else device["configuration_url"]
    expect(str(url).startswith(f"http://{ADDRESS}:"), f"the page is said to be at {url}")
    with httpx.Client(follow_redirects=True, timeout=PATIENCE_S) as browser:  # which keeps the session's cookie
        answer = browser.get(str(url), params={"token": TOKEN})
    expect(answer.is_success, f"{url} answers {answer.status_code}")
    return str(url)


def snapshot(house: Household) -> str:
    """Take a snapshot: a drawing, and nothing before somebody asks for one."""
    entity = "image.ishara_entrance_snapshot"
    expect(house.home.states()[entity]["state"] == "unknown", "there is a picture that nobody asked for")
    house.home.call("button.press", "button.ishara_entrance_take_snapshot")
    house.wait_for(entity)
    content = house.home.picture(entity)
    picture = Image.open(io.BytesIO(content))
    expect((picture.format, picture.size) == ("JPEG", (640, 480)), f"it is {picture.format} of {picture.size}")
    expect(not [topic for topic in house.retained() if "snapshot" in topic], "the broker keeps the picture")
    Path("build").mkdir(exist_ok=True)
    Path("build/snapshot.jpg").write_bytes(content)
    return f"a drawing of {len(content)} bytes"


def check(house: Household) -> str:
    """Have the device check itself, and read what it found."""
    entity = "binary_sensor.ishara_entrance_findings"
    house.home.call("button.press", "button.ishara_entrance_check")
    house.wait_for(entity)
    shown = house.home.states()[entity]
    wrong = [one["sentence"] for one in shown["attributes"]["findings"]]
    expect(bool(wrong) or shown["state"] == "off", "something failed, and nobody says what")
    return f"{'a problem' if shown['state'] == 'on' else 'ready'}, with {len(wrong)} remarks"


def vocabulary(house: Household) -> str:
    """Choose another vocabulary: its triggers alone are left, and return with the one of before."""
    house.home.call("select.select_option", _VOCABULARY, option="clinic")
    house.wait_for(_VOCABULARY, "clinic")
    clinic = _GENERAL | {"help signed", "pain signed", "doctor signed"}
    wait_until(lambda: _triggers(house).keys() == clinic, "the triggers of the vocabulary", PATIENCE_S)
    house.stop_device()
    house.start_device()
    house.wait_for(_VOCABULARY, "clinic")
    house.home.call("select.select_option", _VOCABULARY, option="default")
    house.wait_for(_VOCABULARY, "default")
    wait_until(lambda: "thanks signed" in _triggers(house), "the triggers of before", PATIENCE_S)
    return "3 of 230 signs, kept over a restart, and back"


def model(house: Household) -> str:
    """Choose an installed model, and the shipped one again; a damaged one is refused with the reason."""
    name = house.store.install(SHIPPED_MODEL)
    house.wait_for(_MODEL, SHIPPED)
    house.home.call("select.select_option", _MODEL, option=name)
    house.wait_for(_MODEL, name)
    house.home.call("select.select_option", _MODEL, option=SHIPPED)
    house.wait_for(_MODEL, SHIPPED)
    network = house.store.root / name / "model.onnx"
    network.write_bytes(network.read_bytes()[:1000])
    house.home.call("select.select_option", _MODEL, option=name)
    house.wait_for(_MODEL_PROBLEM, "on")
    reason = str(house.home.states()[_MODEL_PROBLEM]["attributes"]["reason"])
    expect(name in reason, f"the reason is {reason}")
    house.wait_for(_MODEL, SHIPPED)
    return f"chosen and back; refused: {reason}"


def problems(house: Household) -> str:
    """See each problem of a device, with its reason, and see it go."""
    house.stop_device()
    status = DeviceStatus()
    outbox = Outbox(house.config.with_name("outbox-of-problems"), 100)
    stats = PipelineStats(status=status, backlog=outbox, components=frozenset(Component))
    sink = MqttSink(
        MqttConfig(host="127.0.0.1", port=house.broker.port),
        outbox,
        device="desk",
        model=json.dumps({"name": "tiny", "version": 3}),
        health=PeriodicHealth(stats.health, 1.0),
        status=status,
        commands=Commands(status),
    )
    try:
        for component, entity in {**_FAULTS, Component.CAMERA: "binary_sensor.ishara_desk_camera"}.items():
            well, bad = ("on", "off") if component is Component.CAMERA else ("off", "on")
            _wait(house, entity, well)
            status.report(component, f"the {component} is broken")
            _wait(house, entity, bad)
            reason = house.home.states()[entity]["attributes"]["reason"]
            expect(reason == f"the {component} is broken", f"the reason of {entity} is {reason}")
            status.report(component, None)
            _wait(house, entity, well)
        for obstacle, entity in _OBSTACLES.items():
            status.set_obstacle(obstacle)
            _wait(house, entity, "on")
            status.set_obstacle(None)
            _wait(house, entity, "off")
    finally:
        sink.close()
        outbox.close()
    return f"{len(_FAULTS) + 1 + len(_OBSTACLES)} problems"


def forget(house: Household) -> str:
    """Have the broker forget devices: nothing is left in Home Assistant nor at the broker."""
    house.start_device(DEVICE="hall")
    house.wait_for("switch.ishara_hall_recognition")
    running = house.run_command("mqtt", "forget", DEVICE="hall")
    expect("is running" in running.logged, f"a running device is forgotten: {running.logged}")
    house.stop_device()
    printed = [house.run_command("mqtt", "forget", "--device", name) for name in ("hall", "desk")]
    expect(not any(one.logged for one in printed), f"it was refused: {[one.logged for one in printed]}")
    wait_until(lambda: not house.home.states(), "the end of all entities", PATIENCE_S)
    left = [topic for topic in house.retained() if "ishara" in topic]
    expect(not left, f"the broker keeps {left}")
    devices = [one for one in house.home.ask("config/device_registry/list") if "Ishara" in str(one["name"])]
    expect(not devices, f"Home Assistant keeps {pretty(devices)}")
    return "nothing is left"


def _triggers(house: Household) -> dict[str, dict[str, Any]]:
    """Return the triggers of the device as the browser lists them, by what it calls them."""
    device = house.home.device(_NAME)
    if device is None:
        return {}
    found = house.home.ask("device_automation/trigger/list", device_id=device["id"])
    return {f"{one['subtype']} {one['type']}": one for one in found if one["domain"] == "mqtt"}


def _wait(house: Household, entity: str, state: str) -> None:
    """Wait for the state of an entity of a device that no daemon runs."""
    wait_until(lambda: house.home.states().get(entity, {}).get("state") == state, f"{entity} to be {state}", PATIENCE_S)
