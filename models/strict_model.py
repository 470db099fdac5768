"""The base class of what people and programs tell this one: configuration, commands, inventories."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """A frozen model that refuses unknown keys: a mistyped one would be without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")
