"""The report of a device, as `on_device/report.py` prints it: perhaps of another release, and not to be trusted."""

from typing import Annotated, Any, Final

from pydantic import Field

from landmarkers.text_types import Sentence
from models.stored_model import StoredModel

_LAST_INSTANT: Final = 253_402_300_799.0  # the end of the year 9999, in seconds since 1970

Celsius = Annotated[float, Field(ge=-300.0, le=10_000.0)]


class Figures(StoredModel):
    """Those of the daemon's metrics that `ishara-deploy` shows."""

    model: Sentence | None = None
    frames_per_s: Annotated[float | None, Field(alias="ishara_frames_per_second", ge=0.0, le=1e4)] = None
    celsius: Annotated[Celsius | None, Field(alias="ishara_temperature_celsius")] = None
    last_word_at: Annotated[
        float | None, Field(alias="ishara_last_word_timestamp_seconds", ge=0.0, le=_LAST_INSTANT)
    ] = None


class Installed(StoredModel):
    """A bundle in the device's store."""

    name: Sentence
    current: bool


class Event(StoredModel):
    """An event of the store, the latest being the first."""

    what: Sentence = ""
    reason: Sentence | None = None


class Models(StoredModel):
    """The store of bundles, as `ishara-edge models list --json` prints it."""

    installed: tuple[Installed, ...] = ()
    probation: dict[str, Any] | None = None
    events: tuple[Event, ...] = ()


class Report(StoredModel):
    """The whole report. None stands for what the device does not know."""

    release: Sentence | None
    service: dict[str, Sentence]
    metrics: Figures | None
    models: Models | None
    celsius: Celsius | None
