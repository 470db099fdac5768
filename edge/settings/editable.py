"""The keys that the page may change: those that neither name a file nor decide whose models are trusted."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, get_args
from urllib.parse import urlsplit

from edge.config import EdgeConfig
from edge.requests.settings import SecretName, Value
from edge.settings.file import SettingsRefused

SECRETS: Final[tuple[SecretName, ...]] = get_args(SecretName)
REMOVABLE: Final = ("captions", "learning", "mqtt", "speech")
"""The sections that may be removed, which switches off what they configure."""
_BY_SECTION: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("device", "digits"),
    "camera": (
        *("source", "username", "rotation_degrees", "mirror"),
        *("region_left", "region_top", "region_width", "region_height"),
    ),
    "captions": (
        *("show", "theme", "typeface", "text_size", "english", "preview", "mirrored", "preview_per_s"),
        *("fade_after_s", "history_s", "confident_from", "night_hours", "night_brightness", "screen"),
    ),
    "learning": ("asked_by", "keep", "days", "max_takes", "words", "teach"),
    "mqtt": ("host", "tls", "port", "username", "protocol", "keepalive_s", "discovery", "discovery_prefix"),
    "speech": ("says", "device", "volume", "quiet_hours", "max_age_s"),
    "web": ("address", "port", "view", "view_per_s", "visitors"),
}
KEYS: Final = tuple(f"{section}.{key}" if section else key for section, keys in _BY_SECTION.items() for key in keys)
"""All keys that may be changed, such as `mqtt.host`."""
_CAMERA: Final = re.compile(
    r"(v4l2:)?/dev/(v4l/by-(id|path)/)?[^/]+\Z|(v4l2|picamera|csi):[0-9]{1,3}\Z|(?i:rtsps?|https?)://", re.ASCII
)
"""The sources that the page may choose. Others name a file, of which the daemon would play whatever it may read."""


def file_key(name: SecretName) -> str:
    """Return the key that names the file of a secret."""
    return f"{name}_file"


def check_changes(changes: Mapping[str, Value | None], removed: Iterable[str], overridden: Mapping[str, str]) -> None:
    """Check which keys are changed, and which secrets are removed. Raises SettingsRefused."""
    for key, value in changes.items():
        if key not in KEYS and not (key in REMOVABLE and value is None):
            raise SettingsRefused(f"{key} cannot be changed here, but only in the file")
        if key in overridden:
            raise SettingsRefused(f"{key} is decided by the variable {overridden[key]}, whatever the settings say")
    if "web.token" in removed:
        raise SettingsRefused("web.token cannot be removed here: without it nobody could change the settings again")
    source = changes.get("camera.source")
    if isinstance(source, str) and not _CAMERA.match(source):
        raise SettingsRefused(
            "camera.source names no camera: write a device such as /dev/video0 or picamera:0, or an address such as "
            "rtsp://HOST/PATH; the file alone can name a recording"
        )
    if isinstance(source, str) and _has_credentials(source):
        raise SettingsRefused("camera.source holds a user name or a password, which have fields of their own")


def check_reach(before: EdgeConfig, after: EdgeConfig) -> None:
    """Check that other machines still reach a page that they reach now. Raises SettingsRefused."""
    if before.web is None or after.web is None or before.web.is_local or not after.web.is_local:
        return
    raise SettingsRefused(
        f"with web.address {after.web.address} no other machine would reach this page any more; change it in the file"
    )


def find_exposed(before: EdgeConfig, changes: Mapping[str, Value | None]) -> Iterator[SecretName]:
    """Yield the passwords that the changes would send to another host, or without encryption."""
    camera, broker = before.camera, before.mqtt
    source = changes.get("camera.source", camera.source.get_secret_value())
    if camera.password_file is not None and _origin(str(source)) != _origin(camera.source.get_secret_value()):
        yield "camera.password"
    if broker is not None and broker.password_file is not None:
        is_open = broker.tls and not changes.get("mqtt.tls", True)
        if is_open or changes.get("mqtt.host", broker.host) != broker.host:
            yield "mqtt.password"


def _origin(source: str) -> str:
    """Return scheme, host and port of an address: another scheme may not encrypt what it sends."""
    try:
        address = urlsplit(source)
    except ValueError:
        return source
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}" if address.netloc else source


def _has_credentials(source: str) -> bool:
    try:
        return "://" in source and "@" in urlsplit(source).netloc
    except ValueError:  # no address; the camera says so
        return False
