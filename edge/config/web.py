"""The section `[web]`."""

from ipaddress import ip_address
from socket import gethostname
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from edge.config.section import ConfigInvalid, CredentialFile, Section, read_secret, split_at_commas

_MIN_TOKEN_LENGTH: Final = 16
_EVERY_ADDRESS: Final = ("0.0.0.0", "::")  # noqa: S104  # compared, not listened on


def _is_loopback(address: str) -> bool:
    """Return True if only programs on this machine reach the address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


class WebConfig(Section):
    """The live page for browsers, `http://ADDRESS:PORT/live-signs`; disabled without this section."""

    is_setup: ClassVar[bool] = False
    """True of the page that sets the device up, whose token is a one-time code."""

    address: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    """Address to listen on; one that other machines reach needs a `token_file`."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8300
    """TCP port to listen on."""
    token_file: CredentialFile | None = None
    """File that holds the token which browsers must send; looked for as `mqtt.password_file` is."""
    certificate_file: CredentialFile | None = None
    """File of a certificate, with which the page is `https://`; without it `http://`."""
    key_file: CredentialFile | None = None
    """File of the key that belongs to `certificate_file`."""
    view: Literal["off", "skeleton", "picture"] = "skeleton"
    """The most that a page may show of the camera."""
    view_per_s: Annotated[float, Field(ge=1.0, le=30.0)] = 10.0
    """Most updates a second of the camera's view."""
    visitors: Annotated[int, Field(ge=0, le=64)] = 4
    """Most visitors at a time that may try their own camera, which browsers allow only for `https://` and localhost."""
    origins: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^https?://[!-.0-~]+$")], ...],
        BeforeValidator(split_at_commas),
    ] = ()
    """Origins of other pages that may request words and connect; in a variable separated by commas."""

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if self.token_file is None and not _is_loopback(self.address):
            raise ValueError(f"address {self.address}, which other machines reach as well, needs a token_file")
        if self.key_file is not None and self.certificate_file is None:
            raise ValueError("key_file needs a certificate_file")
        return self

    @property
    def is_local(self) -> bool:
        """Return True if only programs on this machine reach the page."""
        return _is_loopback(self.address)

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return self._url(f"[{self.address}]" if ":" in self.address else self.address)

    @property
    def announcement(self) -> str:
        """Return the sentence for the log once the page is served: an address that can be opened."""
        if self.address in _EVERY_ADDRESS:
            return f"the live page is at {self._url(gethostname())}, and at every address of this device"
        return f"the live page is at {self.url}"

    def _url(self, host: str) -> str:
        scheme = "http" if self.certificate_file is None else "https"
        return f"{scheme}://{host}:{self.port}/live-signs"

    def read_token(self) -> str | None:
        """Return the token from its file.

        Raises ConfigInvalid when the file cannot be read or the token is easy to guess or to mistype.
        """
        if self.token_file is None:
            return None
        token = read_secret("web.token_file", self.token_file)
        check_token(token, f"web.token_file {self.token_file}")
        return token


def check_token(token: str, name: str) -> None:
    """Check that a token is hard to guess and easy to type. Raises ConfigInvalid, with the name of what holds it."""
    if len(token) < _MIN_TOKEN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        needed = f"at least {_MIN_TOKEN_LENGTH} letters and digits, for example from `openssl rand -hex 16`"
        raise ConfigInvalid(f"{name} must hold {needed}")
