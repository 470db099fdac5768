"""The sections `[rate]` and `[metrics]`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from edge.config.section import Section


class RateConfig(Section):
    """Limits of the frame rate of a live camera while nobody signs and while the processor is hot."""

    idle_after_s: Annotated[float, Field(ge=0.5, le=60.0)] = 2.0
    """Seconds without a raised hand after which only few frames are processed."""
    idle_stride_s: Annotated[float, Field(ge=0.0, le=1.0)] = 0.15
    """Longest interval in seconds between two processed frames while nobody signs, four times as long while nobody is
    in view; 0 processes every frame."""
    hot_at_c: Annotated[float, Field(ge=40.0, le=110.0)] = 75.0
    """Temperature in °C from which at most 10, then 5 frames a second are processed."""
    measure_every_s: Annotated[float, Field(ge=1.0, le=60.0)] = 5.0
    """Seconds between two measurements of the temperature."""


class MetricsConfig(Section):
    """The address at which Prometheus scrapes metrics, `http://ADDRESS:PORT/metrics`; disabled without this section."""

    address: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    """Address to listen on; `0.0.0.0` for all of the network. There is no password."""
    port: Annotated[int, Field(ge=1, le=65535)] = 9108
    """TCP port to listen on."""
