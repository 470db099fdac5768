"""The daemon's configuration until there are settings, with the set-up page as its live page.

Set-up mode is the normal daemon: the camera is read, words are recognised, and captions are shown on a screen. What the
steps of the page have chosen is in `setup.toml` in the state folder, so that a page that is loaded again, and a device
that lost its power, go on where they were. The daemon uses it but for the broker, which it does not connect to: a
device whose name may still change announces itself to nobody.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Final

import tomlkit
from pydantic import Field, ValidationError

from edge.config import CameraConfig, CaptionsConfig, ConfigInvalid, EdgeConfig, MqttConfig, WebConfig
from edge.config.loading import load_config
from edge.settings.location import UNSAVED
from edge.setup.addresses import host_name, own_addresses
from edge.setup.camera_search import FOUND
from edge.setup.certificate import fingerprint, own_certificate
from edge.setup.check_process import run_check
from edge.setup.invitation import Invitation
from edge.sinks.captions.connector import connected_screens, is_on_desktop
from models.durable import create_folder, replace_file

PATH: Final = "/setup"
_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  # the page asks for its code, and speaks TLS
_TOKEN: Final = Path("secrets") / "web.token"
_SEARCH_TIMEOUT_S: Final = 30.0  # the service manager waits two minutes for a start
_MODE: Final = 0o600
# `ishara-deploy provision` puts the keys here whose models the device is to take.
_TRUSTED_KEYS: Final = Path("/etc/ishara/keys")
_HEADING: Final = "Settings of this device. Its page writes them; comments stay."


class SetupWebConfig(WebConfig):
    """The set-up page, whose token is the one-time code."""

    is_setup: ClassVar[bool] = True

    invitation: Annotated[Invitation, Field(exclude=True, repr=False)]
    state: Annotated[Path, Field(exclude=True, repr=False)]
    """The state folder, in which the invitation is."""
    broker: Annotated[MqttConfig | None, Field(exclude=True, repr=False)] = None
    """The broker that was chosen, which is tried only when somebody asks for it."""

    @property
    def announcement(self) -> str:
        """Return where the page is, its code and its fingerprint."""
        return self.invitation.sentence

    def read_token(self) -> str:
        """Return the one-time code."""
        return self.invitation.code


def setup_config(state: Path, environment: Mapping[str, str], dotenv: Path | None = None) -> EdgeConfig:
    """Return the configuration of set-up mode; `state` is the state folder. Raises ConfigInvalid."""
    certificate = own_certificate(state, host_name(), own_addresses())
    path = state / UNSAVED
    if not path.is_file():
        _begin(path, certificate)
    chosen = load_config(path, environment, dotenv)
    return chosen.model_copy(update={"web": _web(state, certificate, chosen), "mqtt": None})


def page_urls(port: int) -> tuple[str, ...]:
    """Return the addresses of the set-up page, the one that most networks reach first."""
    return tuple(f"https://{one}:{port}{PATH}" for one in (*own_addresses(), f"{host_name()}.local"))


def first_camera() -> str:
    """Return the first camera of this machine, of those that no other program reads; without one the first to come."""
    answer = run_check("cameras", timeout_s=_SEARCH_TIMEOUT_S)
    try:
        found = FOUND.validate_json(answer or "[]")
    except ValidationError:
        found = ()
    for camera in sorted(found, key=lambda one: one.is_busy):
        return camera.source
    return CameraConfig().source.get_secret_value()


def _begin(path: Path, certificate: Path) -> None:
    """Write the settings with which set-up begins. Raises ConfigInvalid."""
    content = tomlkit.document()
    content.add(tomlkit.comment(_HEADING))
    content["device"] = host_name()
    content["camera"] = {"source": first_camera()}
    # A socket without a screen counts: one may be plugged in later.
    if is_on_desktop() or connected_screens() is not None:
        content["captions"] = {"theme": CaptionsConfig().theme}
    content["web"] = {
        "address": _EVERYWHERE,
        "certificate_file": str(certificate),
        "token_file": str(path.parent / _TOKEN),
    }
    if any(_TRUSTED_KEYS.glob("*.pub")):
        content["model"] = {"trusted_keys": str(_TRUSTED_KEYS)}
    try:
        create_folder(path.parent)
        replace_file(path, tomlkit.dumps(content).encode(), _MODE)
    except OSError as error:
        raise ConfigInvalid(f"the settings {path} cannot be written: {error.strerror}") from error


def _web(state: Path, certificate: Path, chosen: EdgeConfig) -> SetupWebConfig:
    port = (chosen.web or WebConfig()).port
    return SetupWebConfig.model_construct(
        address=_EVERYWHERE,
        port=port,
        certificate_file=certificate,
        view="picture",
        visitors=0,
        broker=chosen.mqtt,
        state=state,
        invitation=Invitation.renew(state, page_urls(port), fingerprint(certificate)),
    )
