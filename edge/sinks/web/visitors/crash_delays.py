"""The delays of addresses that made the recognition crash: a crash interrupts all visitors, and takes a restart."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from edge.workers.backoff import Backoff

_FIRST_S: Final = 10.0
_LONGEST_S: Final = 900.0
_FACTOR: Final = 3.0
_FORGOTTEN_AFTER_S: Final = 3600.0  # without a crash
_MAX_ADDRESSES: Final = 1000


def _new_backoff() -> Backoff:
    # The first crash may be bad luck: memory was short, or the device slow.
    return Backoff(_FIRST_S, _LONGEST_S, _FACTOR, immediate=1, stable_after_s=_FORGOTTEN_AFTER_S)


@dataclass(slots=True)
class _Record:
    backoff: Backoff = field(default_factory=_new_backoff)
    crashed_at: float = 0.0
    waits_until: float = 0.0


class CrashDelays:
    """Remembers which addresses made the recognition crash, and how long each must wait."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def add_crash(self, network: str) -> float:
        """Record a crash, and return the seconds that this address must wait: none after the first."""
        now = time.monotonic()
        record = self._records.pop(network, None) or _Record(crashed_at=now)
        delay_s = record.backoff.delay_s(now - record.crashed_at)
        record.crashed_at, record.waits_until = now, now + delay_s
        self._records[network] = record
        if len(self._records) > _MAX_ADDRESSES:
            self._records.popitem(last=False)
        return delay_s

    def remaining_s(self, network: str) -> float:
        """Return the seconds that this address must still wait."""
        record = self._records.get(network)
        return 0.0 if record is None else max(0.0, record.waits_until - time.monotonic())
