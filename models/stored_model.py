"""The base class of what a program writes to disk and reads again."""

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

T = TypeVar("T")


class StoredModel(BaseModel):
    """A frozen model that ignores unknown keys: another release may have written them.

    Give a key that is added later a default value: what older releases wrote lacks it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def from_stored(kind: type[T], content: Any) -> T:
    """Return the dataclass or named tuple of this kind with stored content, read as StoredModel does.

    Raises ValueError.
    """
    if not isinstance(content, dict):
        raise ValueError(f"{kind.__name__} is no object")  # noqa: TRY004  # the file is wrong, not the program
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else list(getattr(kind, "_fields", ()))
    return TypeAdapter(kind).validate_python({name: content[name] for name in names if name in content})
