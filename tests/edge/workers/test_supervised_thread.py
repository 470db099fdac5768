import logging
import threading
from collections.abc import Callable

import pytest

from edge.monitoring.status import Component, DeviceStatus
from edge.workers.backoff import Backoff
from edge.workers.supervised_thread import MAX_FAILURES, SupervisedThread
from tests.edge.waiting import wait_until

RECURSION = "RecursionError: maximum recursion depth exceeded"


def backoff(stable_after_s: float = 30.0, first_s: float = 0.001) -> Backoff:
    return Backoff(first_s, first_s, stable_after_s=stable_after_s)


def failing(times: int, then: Callable[[], object], error: BaseException | None = None) -> Callable[[], None]:
    failures = iter([error or RecursionError("maximum recursion depth exceeded")] * times)

    def run() -> None:
        if (error := next(failures, None)) is not None:
            raise error
        then()

    return run


def test_function_that_returns_is_not_called_again() -> None:
    calls = list[int]()
    thread = SupervisedThread("work", lambda: calls.append(1), DeviceStatus().escalation(Component.BROKER))
    thread.start()
    wait_until(lambda: not thread.is_alive, "the end")
    assert calls == [1]


@pytest.mark.parametrize("error", [RecursionError("maximum recursion depth exceeded"), SystemExit(3)])
def test_unforeseen_error_is_logged_with_its_trace_and_reported_until_it_is_over(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    status, runs, end = DeviceStatus(), threading.Event(), threading.Event()
    faults = list[dict[Component, str]]()
    status.subscribe(lambda: faults.append(status.faults))

    def stand() -> None:
        runs.set()
        end.wait()

    thread = SupervisedThread(
        "work", failing(1, stand, error), status.escalation(Component.BROKER), backoff=backoff(stable_after_s=0.05)
    )
    thread.start()
    wait_until(runs.is_set, "the second run")
    wait_until(lambda: len(faults) == 2, "the end of the fault")
    end.set()
    assert thread.close(1.0)
    text = RECURSION if isinstance(error, RecursionError) else "SystemExit: 3"
    assert faults == [{Component.BROKER: f"work failed unexpectedly: {text}; it is started again"}, {}]
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_thread_gives_up_after_failures_in_a_row() -> None:
    reasons = list[str]()
    status = DeviceStatus(reasons.append)
    thread = SupervisedThread("work", failing(99, list), status.escalation(Component.BROKER), backoff=backoff())
    thread.start()
    wait_until(lambda: not thread.is_alive, "the end")
    assert reasons == [f"work failed {MAX_FAILURES} times in a row: {RECURSION}"]
    assert list(status.faults) == [Component.BROKER]


def test_failures_between_which_the_thread_worked_for_long_do_not_add_up() -> None:
    reasons, ended = list[str](), threading.Event()
    status = DeviceStatus(reasons.append)
    run = failing(2 * MAX_FAILURES, ended.set)
    thread = SupervisedThread("work", run, status.escalation(Component.BROKER), backoff=backoff(stable_after_s=0.0))
    thread.start()
    wait_until(lambda: not thread.is_alive, "the end")
    assert (ended.is_set(), reasons, status.faults) == (True, [], {})


def test_close_interrupts_the_pause_before_the_next_run() -> None:
    status = DeviceStatus()
    thread = SupervisedThread(
        "work", failing(99, list), status.escalation(Component.BROKER), backoff=backoff(first_s=60.0)
    )
    thread.start()
    wait_until(lambda: bool(status.faults), "the fault")
    assert thread.close(5.0)


def test_close_abandons_a_function_that_does_not_return() -> None:
    end = threading.Event()

    def hang() -> None:
        end.wait()

    thread = SupervisedThread("work", hang, DeviceStatus().escalation(Component.BROKER))
    thread.start()
    assert not thread.close(0.01)
    end.set()
