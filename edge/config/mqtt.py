"""The section `[mqtt]`."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from edge.config.section import CredentialFile, Section, read_secret
from edge.config.signs import write_ranges
from landmarkers.plain_text import MAX_CHARACTERS, one_line

_PLAIN_PORT: Final = 1883
_TLS_PORT: Final = 8883
_MAX_TRIGGER_WORDS: Final = 20


def _check_host(host: str) -> str:
    """Refuse a whole address: every sentence about the broker shows its host, which must not hold a password."""
    if "/" in host or "@" in host:
        raise ValueError("it is the host alone, without mqtt://, user name and path, which have keys of their own")
    return host


def _check_word(word: str) -> str:
    """Refuse a text that cannot be shown as it is."""
    if not word or one_line(word, MAX_CHARACTERS) != word:
        raise ValueError(f"it is a word or a sign's number, on one line and of {MAX_CHARACTERS} characters at most")
    return word


class MqttConfig(Section):
    """The broker to which words are published; without this section nothing is published."""

    host: Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_host)]
    """Host name or address of the broker."""
    tls: bool = False
    """Encrypt the connection, and verify the broker's certificate."""
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default_factory=lambda earlier: _TLS_PORT if earlier.get("tls") else _PLAIN_PORT
    )
    """TCP port of the broker; without it 1883, or 8883 with `tls`."""
    ca_file: CredentialFile | None = None
    """File of the authorities that may have signed the broker's certificate; without it the system's."""
    certificate_file: CredentialFile | None = None
    """File of the device's own certificate, where the broker asks for one."""
    key_file: CredentialFile | None = None
    """File of the key that belongs to `certificate_file`."""
    username: str | None = None
    """User name at the broker; without it none is sent."""
    password_file: CredentialFile | None = None
    """File that holds the password; a relative name is looked for among the unit's credentials (LoadCredential=)."""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    """Version of MQTT; `auto` uses 5 unless the broker turns out to know only 3.1.1."""
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30
    """Seconds of silence after which the connection is checked."""
    outbox: Path | None = None
    """File in which words and utterances wait that the broker has not acknowledged; without it in the state folder."""
    outbox_words: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    """Most words and utterances that wait; beyond that the oldest are dropped."""
    hold_after_reconnect_s: Annotated[float, Field(ge=0, le=300)] = 15.0
    """Time for which words wait after each reconnection, so that subscribers that return later lose none."""
    discovery: bool = True
    """Announce the device to Home Assistant."""
    discovery_prefix: Annotated[str, StringConstraints(pattern=r"^[^#+/\s]+(/[^#+/\s]+)*$")] = "homeassistant"
    """Topic prefix of Home Assistant's discovery."""
    trigger_words: Annotated[
        tuple[Annotated[str, AfterValidator(_check_word)], ...],
        BeforeValidator(write_ranges),
        Field(max_length=_MAX_TRIGGER_WORDS),
    ] = ("help", "pain", "doctor", "welcome", "thanks")
    """Words, in Arabic or English, or numbers of signs that have a device trigger of their own in Home Assistant, where
    they may be said; in a variable separated by commas."""
    choose_model: bool = True
    """Let whoever may publish commands choose among the bundles that are installed in the store."""
    snapshot: Literal["off", "skeleton", "picture"] = "off"
    """The picture that the command `snapshot` publishes, which nothing else does: a drawing of the skeleton alone, or
    the camera's picture with it. It leaves the device then, and whoever reads its topics sees it."""

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs a username")
        if not self.tls and (self.ca_file or self.certificate_file or self.key_file):
            raise ValueError("ca_file, certificate_file and key_file need tls = true")
        if self.key_file is not None and self.certificate_file is None:
            raise ValueError("key_file needs a certificate_file")
        return self

    def read_password(self) -> str | None:
        """Return the password from its file. Raises ConfigInvalid when the file cannot be read."""
        return None if self.password_file is None else read_secret("mqtt.password_file", self.password_file)
