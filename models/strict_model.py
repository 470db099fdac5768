"""The base of what is written down as JSON or TOML: it never changes, and unknown keys are refused."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """Frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
