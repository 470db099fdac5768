"""The base class of what a program writes to disk and reads again."""

from pydantic import BaseModel, ConfigDict


class StoredModel(BaseModel):
    """A frozen model that ignores unknown keys: another release may have written them.

    Give a key that is added later a default value: what older releases wrote lacks it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
