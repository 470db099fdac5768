"""The state of the publisher that outlives a connection."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.commands import Commands, RateLimit
from edge.monitoring.health import Health
from edge.monitoring.status import DeviceStatus
from edge.sinks.mqtt.announcements import Announcements
from edge.sinks.mqtt.discovery import Discovery, Offers
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.topics import Topics

if TYPE_CHECKING:  # it loads Pillow, which is needed only where snapshots are configured
    from edge.sinks.mqtt.snapshot import Snapshots

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicHealth:
    """Reads the health, which is published every few seconds, and whenever a component is lost or back."""

    read: Callable[[], Health]
    every_s: float


@dataclass
class PublisherState:
    """Holds the sources of everything published, the commands, and the requests of other threads."""

    topics: Topics
    outbox: Outbox
    commands: Commands
    status: DeviceStatus
    model: str
    health: PeriodicHealth
    discovery: Discovery | None
    announcements: Announcements
    offers: Offers
    """The options of Home Assistant, and which words have triggers."""
    snapshots: "Snapshots | None" = None
    health_due_at: float = 0.0
    """The time on the monotonic clock at which health is published next."""
    model_changed: bool = False
    """True if the model has changed since it was published."""
    findings: str = ""
    """The JSON of the last health check that has ended; empty before the first."""
    findings_changed: bool = False
    """True if they have changed since they were published."""
    has_temperature: bool | None = None
    """True once the temperature was measured, False if it never is, None while that is not known."""
    has_throttling: bool | None = None
    """The same of whether the processor is slowed down."""
    shutdown_deadline: float | None = None
    """The time on the monotonic clock by which the publisher must have ended; None while it is to run."""
    command_rate: RateLimit = field(default_factory=RateLimit)
    """The limit of commands, which outlives a connection."""
    heard_topics: set[str] = field(default_factory=set)
    """The topics of events that had a subscriber when something was published on them, as far as the broker tells."""
    _limits: set[str] = field(default_factory=set)

    def report_limit(self, what: str, consequence: str) -> None:
        """Log once what is left out since the broker does not support it."""
        if what not in self._limits:
            self._limits.add(what)
            log.warning("%s", consequence)
