"""Home Assistant as a user has it: started, given its first user and MQTT, then asked for what it shows.

https://developers.home-assistant.io/docs/api/rest/ and https://developers.home-assistant.io/docs/api/websocket/
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.device.device import CheckFailed, wait_until
from tests.edge.ports import free_port

PATIENCE_S: Final = 180.0  # of a machine that does other things, too
_PROGRAM: Final = "/opt/homeassistant/bin/hass"
_STOP_S: Final = 120.0
_BLUEPRINTS: Final = Path(__file__).parents[2] / "examples" / "home-assistant"
_OWN_INTEGRATIONS: Final = Path(__file__).parent / "custom_components"
_INTEGRATIONS: Final = ("config:", "api:", "conversation:", "test_speaker:", "automation ui: !include automations.yaml")


class HomeAssistant:
    """One Home Assistant in its Debian; what it has learnt stays in `folder` over restarts."""

    def __init__(self, root: Path, folder: str, automations: str = "") -> None:
        """`folder` is where it keeps everything, as seen from inside; `automations` are lines of its configuration."""
        self._root, self._folder = root, folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        inside = root / folder.lstrip("/")
        inside.mkdir(parents=True, exist_ok=True)
        self._output = inside / "output"
        lines = ["http:", "  server_host: 127.0.0.1", f"  server_port: {self.port}", *_INTEGRATIONS, automations]
        (inside / "configuration.yaml").write_text("\n".join(lines), encoding="utf-8")
        (inside / "automations.yaml").write_text("[]", encoding="utf-8")  # those that are made in the browser
        shutil.copytree(_BLUEPRINTS, inside / "blueprints" / "automation" / "ishara", dirs_exist_ok=True)
        shutil.copytree(_OWN_INTEGRATIONS, inside / "custom_components", dirs_exist_ok=True)
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE_S)
        self._token = ""

    def start(self, *, may_install: bool = False, patience_s: float = PATIENCE_S) -> None:
        """Start it, and return once it answers and everything is set up."""
        command = ["chroot", str(self._root), _PROGRAM, "--config", self._folder]
        environment = {"PATH": "/opt/homeassistant/bin:/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}
        environment["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                command if may_install else [*command, "--skip-pip"], stdout=output, stderr=output, env=environment
            )
        wait_until(self._answers, "Home Assistant's answer", patience_s)
        if not self._token:
            self._create_user()
        wait_until(lambda: self.get("/api/config")["state"] == "RUNNING", "Home Assistant's start", patience_s)

    def stop(self) -> None:
        """Stop it as on a shutdown."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_STOP_S)
            self._process = None

    def open_websocket(self) -> ClientConnection:
        """Return a connection that may send commands."""
        connection = connect(f"ws://127.0.0.1:{self.port}/api/websocket", max_size=None)
        connection.recv()
        connection.send(json.dumps({"type": "auth", "access_token": self._token}))
        connection.recv()
        return connection

    def add_mqtt(self, port: int) -> None:
        """Connect to a broker, by the steps that a user takes."""
        step = self.post("/api/config/config_entries/flow", {"handler": "mqtt"})
        other = {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"}
        answers = {"broker": "127.0.0.1", "port": port, "protocol": "5", "other_settings": other}
        step = self.post(f"/api/config/config_entries/flow/{step['flow_id']}", answers)
        if step.get("type") != "create_entry":
            raise CheckFailed(f"Home Assistant does not add MQTT: {step}")

    def get(self, path: str) -> Any:
        """Return what is found there."""
        return self._client.get(path).raise_for_status().json()

    def post(self, path: str, content: object) -> Any:
        """Return the answer to what is sent there."""
        response = self._client.post(path, json=content)
        if response.is_error:
            raise CheckFailed(f"{path}: {response.text}")
        return response.json()

    def states(self) -> dict[str, dict[str, Any]]:
        """Return the state of every entity of the device by its id."""
        return {state["entity_id"]: state for state in self.get("/api/states") if "ishara" in state["entity_id"]}

    def is_available(self, entity: str) -> bool:
        """Return True if the entity is there and available."""
        return self.states().get(entity, {}).get("state") not in (None, "unavailable")

    def call(self, service: str, entity: str, **data: str) -> None:
        """Call a service, such as `button.press`, for an entity."""
        self.post(f"/api/services/{service.replace('.', '/')}", {"entity_id": entity, **data})

    def picture(self, entity: str) -> bytes:
        """Return the picture that an image entity shows."""
        return self._client.get(f"/api/image_proxy/{entity}").raise_for_status().content

    def ask(self, kind: str, **content: Any) -> Any:
        """Return the result of a command that the browser sends over its websocket."""
        with self.open_websocket() as connection:
            connection.send(json.dumps({"id": 1, "type": kind, **content}))
            answer = json.loads(connection.recv())
        if not answer.get("success"):
            raise CheckFailed(f"{kind}: {pretty(answer)}")
        return answer["result"]

    def device(self, name: str) -> dict[str, Any] | None:
        """Return the device of a name, as the browser lists it."""
        found: list[dict[str, Any]] = self.ask("config/device_registry/list")
        return next((one for one in found if one["name"] == name), None)

    def make_automation(self, name: str, content: dict[str, Any]) -> None:
        """Make an automation, or replace it, as the browser does."""
        self.post(f"/api/config/automation/config/{name}", {"alias": name, **content})

    def complaints(self) -> list[str]:
        """Return the warnings and errors about MQTT and about entities of the device in its log."""
        lines = self._output.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [line for line in lines if " WARNING " in line or " ERROR " in line]
        return [line for line in found if "mqtt" in line.lower() or "ishara" in line.lower()]

    def log(self) -> str:
        """Return the last lines of its log."""
        return "\n".join(self._output.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise CheckFailed(f"Home Assistant ended:\n{self.log()}")
        try:
            return self._client.get("/api/onboarding").is_success
        except httpx.TransportError:
            return False

    def _create_user(self) -> None:
        client_id = f"http://127.0.0.1:{self.port}/"
        user = {"name": "Tester", "username": "tester", "password": "tester", "language": "en", "client_id": client_id}
        code = self.post("/api/onboarding/users", user)["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        self._token = self._client.post("/auth/token", data=grant).raise_for_status().json()["access_token"]
        self._client.headers["Authorization"] = f"Bearer {self._token}"
        with self.open_websocket() as connection:  # otherwise it returns to its usual port after five minutes
            connection.send(json.dumps({"id": 1, "type": "http/config/promote"}))
            if not json.loads(connection.recv())["success"]:
                raise CheckFailed("Home Assistant does not keep its port")


@contextmanager
def home_assistant(root: Path, folder: str, broker_port: int, automations: str = "") -> Iterator[HomeAssistant]:
    """Yield a running Home Assistant that is connected to the broker."""
    running = HomeAssistant(root, folder, automations)
    try:
        running.start()
        running.add_mqtt(broker_port)
        yield running
    finally:
        running.stop()


def pretty(content: object) -> str:
    """Return content for a message."""
    return json.dumps(content, ensure_ascii=False, indent=1)
