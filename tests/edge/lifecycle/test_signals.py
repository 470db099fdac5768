import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.lifecycle.signals import StopSignals
from tests.edge.waiting import PATIENCE_S, wait_until

ROOT = Path(__file__).parents[3]


def run(script: str) -> int:
    """Return the exit code of a program of its own: one that deadlocks or exits at once must not end the tests."""
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, timeout=PATIENCE_S).returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_calls_stop_once(number: signal.Signals) -> None:
    calls: list[str] = []
    with StopSignals() as signals:
        signals.on_stop(lambda: calls.append("stop"))
        signal.raise_signal(number)
        wait_until(lambda: bool(calls), "the call of stop")
    assert calls == ["stop"]


def test_early_signal_calls_stop_as_soon_as_it_is_registered() -> None:
    calls: list[str] = []
    with StopSignals() as signals:
        signal.raise_signal(signal.SIGTERM)
        wait_until(lambda: signals.stop_requested, "the signal")
        signals.on_stop(lambda: calls.append("stop"))
    assert calls == ["stop"]


def test_old_handlers_are_restored_without_a_signal() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    calls: list[str] = []
    with StopSignals() as signals:
        signals.on_stop(lambda: calls.append("stop"))
    assert calls == []
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_second_signal_exits_at_once() -> None:
    script = """
import signal, time
from edge.lifecycle.signals import StopSignals

with StopSignals() as signals:
    signal.raise_signal(signal.SIGTERM)
    time.sleep(1.1)
    signal.raise_signal(signal.SIGTERM)
    time.sleep(1000.0)
"""
    assert run(script) == 130


def test_signals_within_moments_are_one_request_however_long_stopping_takes() -> None:
    script = """
import signal, time
from edge.lifecycle.signals import StopSignals

def stop():
    signal.raise_signal(signal.SIGINT)
    time.sleep(1.2)
    stopped.append("stop")

stopped = []
with StopSignals() as signals:
    signals.on_stop(stop)
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    while not stopped:
        time.sleep(0.01)
    time.sleep(0.2)
raise SystemExit(len(stopped))
"""
    assert run(script) == 1


def test_replay_can_be_stopped_by_a_signal_at_any_time() -> None:
    # A handler that called stop itself would sooner or later wait for the lock that the replay holds.
    script = """
import os, signal, threading
from edge.cameras.replay import TakeReplay
from edge.lifecycle.signals import StopSignals
from tests.synthetic_signer import take

busy_then_idle = take([*(number / 1e6 for number in range(500)), 1000.0])
for attempt in range(100):
    replay = TakeReplay([busy_then_idle], paced=True)
    with StopSignals() as signals:
        signals.on_stop(replay.stop)
        threading.Timer(attempt * 3e-5, os.kill, [os.getpid(), signal.SIGTERM]).start()
        for _ in replay.frames():
            pass
"""
    assert run(script) == 0
