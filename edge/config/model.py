"""The section `[model]`."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from edge.config.section import Section

SHIPPED_MODEL: Final = Path(__file__).parent.parent.parent / "models" / "karsl-230"


class ModelConfig(Section):
    """Which bundle recognises the signs, and how confident it must be.

    A model that was activated in the store is on probation first: it must keep the daemon running, predict nothing
    absurd, and stay within its time. While somebody signs, the spotter has up to five segments classified every 0.15 s;
    at 30 ms each that is one whole core.
    """

    folder: Path | None = None
    """Folder of the bundle to use, whatever is installed in the store; without it the store's active bundle, or else
    the shipped one."""
    store: Path | None = None
    """Folder of the installed bundles; without it `models` in the state folder."""
    trusted_keys: Path | None = None
    """Folder of `*.pub` files: the store's bundles must be signed by one of these keys; without it none is checked.
    The shipped bundle is trusted as the program itself is."""
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    """Least confidence of a word, 0 to 1; without it the bundle's own threshold. Letters and number signs need two
    thirds of it."""
    probation_s: Annotated[float, Field(ge=1.0, le=86_400.0)] = 600.0
    """Seconds of the probation of a newly activated model; if it fails, the one before is activated again."""
    budget_ms: Annotated[float, Field(ge=1.0, le=10_000.0)] = 30.0
    """Processor time in milliseconds that 95 of 100 predictions of a model on probation may take at most."""
