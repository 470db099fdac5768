"""A program beside the daemon that does what it should not; those that do are tried with screen and live page."""

import logging

import pytest

from edge.monitoring.status import Component, DeviceStatus
from edge.workers.process import Program
from edge.workers.protocol import Alive, Lost
from edge.workers.supervisor import Host, SupervisedProcess
from tests.edge.waiting import wait_until


@pytest.mark.parametrize(
    "nonsense", ["nonsense\n", "[1]\n", '{"type": "state"}\n', '{"type": "lost"}\n', '{"bytes": "x"}\n', "endless "]
)
def test_one_that_answers_nonsense_is_ended_and_told_of(nonsense: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    status = DeviceStatus()
    kinds: tuple[type[Alive | Lost], ...] = (Alive, Lost)
    companion = SupervisedProcess(
        Program("tests.edge.garbage_writer", kinds, (nonsense,)),
        Host(list, lambda: None, lambda _answer: None),
        name="the babbler",
        part=Component.WEB,
        status=status,
        waiting=1,
    )
    companion.start()
    wait_until(lambda: status.faults == {Component.WEB: "its program answers nonsense"}, "the trouble")
    companion.close()
    assert caplog.messages == ["the babbler is lost: its program answers nonsense; trying again until it is back"]
