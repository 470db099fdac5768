"""What there is to do at the broker, whichever connection it is done on."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.commands import Commands
from edge.monitoring.health import Health
from edge.monitoring.status import DeviceStatus
from edge.sinks.mqtt.discovery import Discovery
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.topics import Topics


@dataclass
class PublisherState:
    """What is to be said and heard at the broker, and what other threads ask for meanwhile."""

    topics: Topics
    outbox: Outbox
    commands: Commands
    status: DeviceStatus
    model: str
    health: Callable[[], Health]
    discovery: Discovery | None
    health_every_s: float
    health_at: float = 0.0
    """The moment on the monotonic clock at which health is to be told next."""
    is_model_new: bool = False
    """Whether another model has taken over that the broker was not told of yet."""
    leave_by: float | None = None
    """The moment on the monotonic clock by which to be gone."""
