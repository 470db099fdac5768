from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import EdgeConfig
from edge.lifecycle.failures import ThreadFailures
from edge.lifecycle.notify import Notifier
from edge.lifecycle.plan import Plan
from edge.lifecycle.reload import Reloader
from edge.lifecycle.service import Service
from edge.monitoring.meter import MeteredClassifier
from edge.monitoring.status import Component, DeviceStatus
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from tests.edge.service_manager import ServiceManager, managing
from tests.edge.waiting import wait_until


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    with managing(tmp_path) as manager:
        yield manager


def test_reload_that_meets_the_unforeseen_is_answered_and_the_next_one_works(
    manager: ServiceManager, bundle: Bundle
) -> None:
    plan = Plan(EdgeConfig(), bundle, MeteredClassifier(OnnxClassifier(bundle)))
    status, failures, swapped = DeviceStatus(), ThreadFailures(lambda: None), list[Plan]()
    loads = iter([None, plan])

    def load() -> Plan:
        loaded = next(loads)
        if loaded is None:
            raise RecursionError("too deep")
        return loaded

    def try_swap(plan: Plan) -> bool:
        swapped.append(plan)
        return True

    failures.attach(status)
    with (
        Service(Notifier(str(manager.path)), failures.escalation()) as service,
        Reloader(load, service, failures.escalation(may_end_daemon=False)) as reloader,
    ):
        service.ready(lambda: True, lambda: "well")
        reloader.attach(plan, try_swap, lambda: None)
        reloader.request()
        manager.wait_for("STATUS", "the old one stays in use: reading it failed unexpectedly; the log says how; well")
        assert manager.values("READY") == ["1", "1"]
        reloader.request()
        wait_until(lambda: swapped == [plan], "the new plan")
        assert status.faults == {
            Component.DAEMON: "reloading failed unexpectedly: RecursionError: too deep; it is started again"
        }


def test_stages_stay_where_what_was_learned_changes_nothing(manager: ServiceManager, bundle: Bundle) -> None:
    plan = Plan(EdgeConfig(), bundle, MeteredClassifier(OnnxClassifier(bundle)))
    failures, stops, loads = ThreadFailures(lambda: None), list[str](), list[str]()

    def load() -> Plan:
        loads.append("load")
        return replace(plan)

    with (
        Service(Notifier(str(manager.path)), failures.escalation()) as service,
        Reloader(load, service, failures.escalation(may_end_daemon=False)) as reloader,
    ):
        service.ready(lambda: True, lambda: "well")
        reloader.attach(plan, lambda new: new.differs_only_in_model(plan), lambda: stops.append("stop"))
        reloader.request_learned()
        wait_until(lambda: manager.values("READY") == ["1", "1"], "the end of the reload")
        assert stops == []
        reloader.request()  # files that the configuration names may have changed
        wait_until(lambda: stops == ["stop"], "the stop of the stages")
        assert loads == ["load", "load"]
