"""A worker process that misbehaves; crashes and hangs are tested with the real caption and web workers."""

import logging
from collections.abc import Callable
from functools import partial

import pytest

from edge.monitoring.status import Component, DeviceStatus
from edge.workers.process import Program
from edge.workers.protocol import Failure, Heartbeat
from edge.workers.supervisor import Callbacks, SupervisedProcess
from tests.edge.waiting import wait_until


def supervise(garbage: str, callbacks: Callbacks[Heartbeat | Failure]) -> SupervisedProcess[Heartbeat | Failure]:
    kinds: tuple[type[Heartbeat | Failure], ...] = (Heartbeat, Failure)
    program = Program("tests.edge.garbage_writer", kinds, (garbage,))
    return SupervisedProcess(program, callbacks, name="the worker", max_queued=1)


def ignore(_message: Heartbeat | Failure) -> None:
    return


def callbacks_of(
    status: DeviceStatus,
    suspended: list[str] | None = None,
    receive: Callable[[Heartbeat | Failure], None] = ignore,
) -> Callbacks[Heartbeat | Failure]:
    ended = [] if suspended is None else suspended
    return Callbacks(
        initial_messages=list,
        next_message=lambda: None,
        receive=receive,
        report=partial(status.report, Component.WEB),
        escalation=status.escalation(Component.WEB),
        suspended=lambda: ended.append("suspended"),
    )


@pytest.mark.parametrize(
    "garbage", ["nonsense\n", "[1]\n", '{"type": "state"}\n', '{"type": "failure"}\n', '{"bytes": "x"}\n', "endless "]
)
def test_worker_that_sends_garbage_is_ended_and_reported_once(garbage: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    status = DeviceStatus()
    worker = supervise(garbage, callbacks_of(status))
    worker.start()
    wait_until(lambda: status.faults == {Component.WEB: "its process sends invalid messages"}, "the fault")
    worker.close()
    assert caplog.messages == ["the worker is lost: its process sends invalid messages; trying again until it is back"]


def test_suspended_worker_ends_without_a_fault_and_runs_again_when_resumed() -> None:
    status, suspended = DeviceStatus(), list[str]()
    worker = supervise('{"type": "heartbeat"}\n', callbacks_of(status, suspended))
    worker.start()
    wait_until(lambda: worker.pid is not None, "the process")
    first = worker.pid
    worker.suspend()
    wait_until(lambda: suspended == ["suspended"], "the end of the process")
    assert (worker.pid, status.faults) == (None, {})
    worker.resume()
    wait_until(lambda: worker.pid not in (None, first), "another process")
    worker.close()
    assert worker.pid is None


def test_worker_may_take_long_to_start_but_then_not_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.workers.process._HEARTBEAT_TIMEOUT_S", 0.0)
    status, received = DeviceStatus(), list[Heartbeat | Failure]()
    worker = supervise('{"type": "heartbeat"}\n', callbacks_of(status, receive=received.append))
    worker.start()
    wait_until(lambda: received != [], "the first heartbeat, later than the limit of those that follow")
    wait_until(lambda: status.faults == {Component.WEB: "its process does not answer"}, "the fault")
    worker.close()


def test_restart_reports_the_given_reason_and_starts_another_process() -> None:
    status = DeviceStatus()
    worker = supervise('{"type": "heartbeat"}\n', callbacks_of(status))
    worker.start()
    wait_until(lambda: worker.pid is not None, "the process")
    first = worker.pid
    worker.restart("it gave no answer")
    wait_until(lambda: status.faults == {Component.WEB: "it gave no answer"}, "the fault")
    wait_until(lambda: worker.pid not in (None, first), "another process")
    worker.report_ready("it works", "it works again")
    assert status.faults == {}
    worker.close()


def test_callback_that_meets_the_unforeseen_ends_the_process_and_another_is_started() -> None:
    status, pids = DeviceStatus(), list[int | None]()

    def receive(_message: Heartbeat | Failure) -> None:
        if worker.pid not in pids:
            pids.append(worker.pid)
        if len(pids) == 1:
            raise RecursionError("maximum recursion depth exceeded")

    worker = supervise('{"type": "heartbeat"}\n', callbacks_of(status, receive=receive))
    worker.start()
    wait_until(lambda: len(pids) == 2, "another process")
    assert status.faults[Component.WEB].startswith("the supervisor of the worker failed unexpectedly: RecursionError: ")
    worker.close()
    assert worker.pid is None
