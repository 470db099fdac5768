"""The request of the settings page: reads the device's settings, changes them, and undoes that."""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from edge.requests.request import Command, Request
from landmarkers.plain_text import escape

MAX_SETTING: Final = 512
"""Characters of a value."""
_MAX_CHANGES: Final = 64
_MAX_SECRET: Final = 6000
_MAX_NUMBER: Final = 2**31


def _check_text(text: str) -> str:
    """Return a text as it is. Raises ValueError where something of it cannot be seen."""
    if escape(text) != text:
        raise ValueError("line ends, controls and signs of writing direction are refused")
    return text


_Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}(\.[a-z0-9_]{1,32})?$")]
_Number = Annotated[int, Field(ge=-_MAX_NUMBER, le=_MAX_NUMBER)]
_Fraction = Annotated[float, Field(ge=-_MAX_NUMBER, le=_MAX_NUMBER, allow_inf_nan=False)]
_Text = Annotated[str, Field(max_length=MAX_SETTING), AfterValidator(_check_text)]
Value = bool | _Number | _Fraction | _Text
"""The value of a key."""

SecretName = Literal["camera.password", "mqtt.ca", "mqtt.password", "web.token"]
"""The names of what is kept in files of their own: each with `_file` is the key that names the file."""


class SettingsRequest(Request):
    """Reads the settings, shows or makes a change of them, undoes the latest, or finishes the set-up."""

    name: ClassVar[Command] = Command.SETTINGS
    example: ClassVar[str] = (
        'settings are read with {"command": "settings", "action": "get"} and changed with "apply" and '
        '"changes": {"mqtt.host": "broker"}; others are preview, undo, versions and finish'
    )

    action: Literal["get", "preview", "apply", "undo", "versions", "finish"]
    """`preview` shows what `apply` would change; `undo` returns to the settings before the latest change; `versions`
    lists the latest changes. While a device is set up, `apply` changes what is not saved yet, `preview` without changes
    shows all that would be, and `finish` saves it."""
    changes: Annotated[dict[_Key, Value | None], Field(max_length=_MAX_CHANGES, default_factory=dict)]
    """The new values by key, such as `mqtt.host`; null removes a key, which has its default then, or a section."""
    secrets: Annotated[
        dict[SecretName, Annotated[SecretStr, Field(min_length=1, max_length=_MAX_SECRET)] | None],
        Field(max_length=4, default_factory=dict),
    ]
    """New passwords, token and certificate of authorities, which nobody can read again; null removes one."""
    force: bool = False
    """True allows a change after which no other machine reaches the page any more."""

    @model_validator(mode="after")
    def _check_changes(self) -> Self:
        has_changes = bool(self.changes or self.secrets)
        if has_changes and self.action not in ("preview", "apply"):
            raise ValueError("only preview and apply have changes")
        if self.action == "apply" and not has_changes:
            raise ValueError("apply needs changes or secrets")
        if self.force and not has_changes:
            raise ValueError("only preview and apply are forced")
        return self
