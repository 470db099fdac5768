"""A household: a broker, Home Assistant, and a device with its daemon."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import paho.mqtt.publish as mqtt

from landmarkers.take import TAKE_SUFFIX, Take
from models.store import BundleStore
from tests.device.device import CheckFailed, wait_until
from tests.edge.daemon import Daemon, mqtt_settings
from tests.edge.mosquitto import Mosquitto, listening
from tests.edge.ports import free_port
from tests.homeassistant.home_assistant import PATIENCE_S, HomeAssistant, pretty
from tests.synthetic_signer import even_times, take

_REPOSITORY: Final = Path(__file__).parents[2]
_TAKES: Final = _REPOSITORY / "edge" / "demo" / "takes"
ADDRESS: Final = "10.83.0.1"
"""Of the device, which runs in a network of its own."""
TOKEN: Final = "0123456789abcdef"
"""Of its page."""
_CONFIG: Final = """
[vocabulary.sets.clinic]
signs = [116, 182, 497]  # pain, help, doctor
"""
_PAGE: Final = _REPOSITORY / "docs" / "home-assistant.md"


class Household:
    """The things that the checks use; the device's daemon runs from `start_device` to `stop_device`."""

    def __init__(self, home: HomeAssistant, broker: Mosquitto, folder: Path) -> None:
        self.home, self.broker = home, broker
        self._folder = folder
        self._daemon: Daemon | None = None
        self.config = folder / "edge.toml"
        self.config.write_text(_CONFIG, encoding="utf-8")
        (folder / "token").write_text(TOKEN)
        subprocess.run(["ip", "address", "replace", f"{ADDRESS}/24", "dev", "lo"], check=True)
        self._quiet = folder / f"quiet{TAKE_SUFFIX}"
        example = Take.load(next(_TAKES.iterdir()))
        replace(take(even_times(10, 60.0)), provenance=example.provenance).save(self._quiet)

    @property
    def daemon(self) -> Daemon:
        """The running daemon."""
        assert self._daemon is not None
        return self._daemon

    def play_demo(self) -> None:
        """Let the device sign the words of the demo, and end."""
        self._start(f"take:{_TAKES}", "--exit-at-end")
        self.daemon.process.wait(PATIENCE_S)  # the recording takes half a minute
        self.stop_device()

    def start_device(self, *, has_page: bool = True, **settings: str) -> None:
        """Start the daemon before a camera where nobody signs, by default as the device `entrance`, with a page."""
        self._start(f"take:{self._quiet}", has_page=has_page, **settings)

    def _start(self, source: str, *arguments: str, has_page: bool = True, **settings: str) -> None:
        page = {
            "ISHARA_WEB_PORT": str(free_port()),
            "ISHARA_WEB_ADDRESS": ADDRESS,
            "ISHARA_WEB_TOKEN_FILE": str(self._folder / "token"),
        }
        settings = {"MQTT_SNAPSHOT": "skeleton"} | settings
        state = {"XDG_STATE_HOME": str(self._folder / "state")}
        given = {f"ISHARA_{name}": value for name, value in settings.items()}
        chosen = (page if has_page else {}) | given
        command = ("run", "--config", str(self.config), "--source", source, *arguments)
        self._daemon = Daemon(self._folder, *command, settings=mqtt_settings(self.broker.port) | state | chosen)

    @property
    def store(self) -> BundleStore:
        """The device's store of models."""
        return BundleStore(self._folder / "state" / "ishara" / "models")

    def run_command(self, *arguments: str, **settings: str) -> Daemon:
        """Run another command of the device, and return it once it has ended."""
        state = {"XDG_STATE_HOME": str(self._folder / "state")}
        given = {f"ISHARA_{name}": value for name, value in settings.items()}
        command = Daemon(self._folder, *arguments, settings=mqtt_settings(self.broker.port) | state | given)
        command.wait()
        command.end()
        return command

    def stop_device(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the daemon, if it runs, by a signal."""
        if self._daemon is not None:
            self._daemon.process.send_signal(number)
            self._daemon.wait()
            self._daemon.end()
            self._daemon = None

    def wait_for(self, entity: str, *states: str) -> None:
        """Wait until the entity is there, available, and has one of the states if any are named."""

        def shown() -> bool:
            if self.daemon.process.poll() is not None:
                raise CheckFailed("the daemon has ended")
            state = self.home.states().get(entity, {}).get("state", "unavailable")
            return state in states if states else state not in ("unavailable", "unknown")

        try:
            wait_until(shown, f"{entity} {' or '.join(states)}", PATIENCE_S)
        except CheckFailed as error:
            raise CheckFailed(f"{error}: {pretty(self.home.states().get(entity))}\n{self.daemon.logged}") from error

    def publish(self, topic: str, content: dict[str, Any]) -> None:
        """Publish a message that the device did not send."""
        mqtt.single(topic, json.dumps(content), qos=1, hostname="127.0.0.1", port=self.broker.port)

    def retained(self) -> set[str]:
        """Return the topics of which the broker keeps a message."""
        with listening(self.broker, "newcomer") as newcomer:
            newcomer.publish("ishara/end", "")
            newcomer.wait_until(lambda: bool(newcomer.on("end")))
            return {message.topic for message in newcomer.received if message.retained}

    def spoken(self) -> int:
        """Return how many words the automation of the documentation has spoken."""
        return int(float(self.home.get("/api/states/counter.spoken")["state"]))


def documented_automation() -> str:
    """Return the automation of the documentation, counting what it would speak, as lines of a configuration."""
    page = _PAGE.read_text(encoding="utf-8")
    block = page[page.index("    automation:\n") :].split("\n\n")[0]
    triggers = block[: block.index("        actions:")]
    actions = (
        "        actions:\n          - action: counter.increment\n            target: {entity_id: counter.spoken}\n"
    )
    lines = (triggers + actions).splitlines()
    return "\n".join(line[4:] for line in lines) + "\ncounter:\n  spoken:\n"


@contextmanager
def household(home: HomeAssistant, broker: Mosquitto, folder: Path) -> Iterator[Household]:
    """Yield a household whose device ends with it."""
    inhabited = Household(home, broker, folder)
    try:
        yield inhabited
    finally:
        inhabited.stop_device()
