"""Delays of an address that made the recognition crash."""

import pytest

from edge.sinks.web.visitors.crash_delays import CrashDelays


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_first_crash_is_forgiven_and_each_further_one_costs_more(clock: list[float]) -> None:
    delays, waited = CrashDelays(), list[float]()
    for _ in range(8):
        waited.append(delays.add_crash("10.0.0.1"))
        assert delays.remaining_s("10.0.0.1") == waited[-1]
        clock[0] += waited[-1]
        assert delays.remaining_s("10.0.0.1") == 0.0
    assert waited == [0.0, 10.0, 30.0, 90.0, 270.0, 810.0, 900.0, 900.0]


def test_other_addresses_do_not_wait(clock: list[float]) -> None:
    delays = CrashDelays()
    for _ in range(2):
        delays.add_crash("10.0.0.1")
    assert delays.remaining_s("10.0.0.1") == 10.0
    assert delays.remaining_s("10.0.0.2") == 0.0
    clock[0] += 4.0
    assert delays.remaining_s("10.0.0.1") == 6.0


def test_crashes_are_forgotten_after_an_hour_without_one(clock: list[float]) -> None:
    delays = CrashDelays()
    for _ in range(4):
        delays.add_crash("10.0.0.1")
    clock[0] += 3601.0
    assert [delays.add_crash("10.0.0.1") for _ in range(2)] == [0.0, 10.0]


def test_memory_for_addresses_is_bounded() -> None:
    delays = CrashDelays()
    for number in range(3000):
        delays.add_crash(f"10.0.{number // 256}.{number % 256}")
    assert len(delays._records) == 1000
