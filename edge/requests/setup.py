"""The request that checks what a device is set up with: its cameras, the signer's place, and its broker."""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from edge.requests.request import Command, Request
from models.strict_model import StrictModel

MAX_HOST: Final = 253
"""Characters of a host name (RFC 1035)."""
_MAX_USERNAME: Final = 128
_MAX_PASSWORD: Final = 256
_MAX_CA: Final = 6000
_BROKER: Final = (
    '{"command": "setup", "action": "try_broker", "broker": {"host": "…", "port": 1883, "username": "…", '
    '"password": "…"}}'
)

SetupAction = Literal["cameras", "guide", "try", "brokers", "try_broker", "stop"]


def _check_host(host: str) -> str:
    if not host.isprintable() or set(host) & set("/@ "):
        raise ValueError("it is the host alone, without mqtt://, user name and path")
    return host


class BrokerAccess(StrictModel):
    """A broker, and the user as whom to connect."""

    host: Annotated[str, Field(min_length=1, max_length=MAX_HOST), AfterValidator(_check_host)]
    """Host name or address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    tls: bool = False
    """Encrypt the connection, and verify the broker's certificate."""
    ca: Annotated[str, Field(max_length=_MAX_CA)] | None = None
    """The authorities that may have signed it, as PEM; without them the system's."""
    username: Annotated[str, Field(max_length=_MAX_USERNAME)] | None = None
    password: Annotated[SecretStr, Field(max_length=_MAX_PASSWORD)] | None = None

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a username")
        if self.ca is not None and not self.tls:
            raise ValueError("ca needs tls")
        return self


class SetupRequest(Request):
    """Begins a check. It is answered at once; what it finds comes as the event `setup`."""

    name: ClassVar[Command] = Command.SETUP
    example: ClassVar[str] = (
        'set-up is checked with {"command": "setup", "action": "cameras"}; others are guide, try, brokers, stop, and '
        f"{_BROKER}"
    )

    action: SetupAction
    """`cameras` lists those of this machine, and `brokers` those on its network; `guide` measures where the signer
    stands, until a minute has passed or `stop` comes; `try` asks for three words, until ten minutes have passed or
    `stop` comes; `try_broker` connects to one."""
    broker: BrokerAccess | None = None
    """The broker to try; without it the one of the configuration, as whom and with the password that it has."""

    @model_validator(mode="after")
    def _check_broker(self) -> Self:
        if self.broker is not None and self.action != "try_broker":
            raise ValueError("only try_broker has a broker")
        return self
