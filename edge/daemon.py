"""Keeps the daemon running: starts with a plan that can be used, and continues with another one after each reload."""

import argparse
import gc
import logging
import os
from pathlib import Path

from edge.app import run_plan
from edge.config import EdgeConfig
from edge.diagnostics.recent_log import keep_recent_log
from edge.libraries import LibraryMissing
from edge.lifecycle.failures import ThreadFailures
from edge.lifecycle.notify import Notifier
from edge.lifecycle.plan import Plan
from edge.lifecycle.reload import Reloader
from edge.lifecycle.service import CONFIG_REFUSED, Service, watchdog_interval_s
from edge.lifecycle.signals import StopSignals
from edge.model_selection.active_bundle import fall_back, find_store
from edge.model_selection.plan_loading import load_plan
from edge.probation.start_count import fail_probation
from edge.settings.live import LiveSettings
from landmarkers.errors import UserError
from models.bundle import BundleRefused
from models.store import StoreUnusable

log = logging.getLogger(__name__)


def run_daemon(config: EdgeConfig, options: argparse.Namespace, signals: StopSignals, settings: LiveSettings) -> None:
    """Run until the camera ends or a signal comes, and reload the configuration at SIGHUP. Raises DaemonFailed."""
    keep_recent_log()
    notifier = Notifier.from_environment(os.environ)
    failures = ThreadFailures(signals.request_stop)
    plan: Plan | None = _first_plan(config, options, settings)
    with (
        Service(notifier, failures.escalation(), interval_s=watchdog_interval_s(os.environ)) as service,
        Reloader(
            lambda: _reload_plan(options, settings),
            service,
            failures.escalation(may_end_daemon=False),
            settings.refuse_unforeseen,
        ) as reloader,
    ):
        settings.on_change(reloader.request)
        if notifier.is_enabled:
            signals.on_reload(reloader.request)
        while plan is not None:
            try:
                run_plan(plan, options, signals, service, reloader, failures, settings)
            except UserError as error:
                if service.is_ready or not (settings.refuse(plan.config, error) or plan.previous is not None):
                    raise
                log.warning(CONFIG_REFUSED, error)
                service.reload_refused(str(error))
                plan = plan.previous or _first_plan(settings.load_first(), options, settings)
                continue
            gc.collect()  # the stages refer to each other, and hold sessions and sockets until then
            plan = None if signals.stop_requested else reloader.next_plan(plan)
    failures.check()


def _first_plan(config: EdgeConfig, options: argparse.Namespace, settings: LiveSettings) -> Plan:
    """Return a plan to start with, without the change of the settings on trial if that is why there is none."""
    try:
        return _recognising_plan(config, options)
    except UserError as error:
        if not settings.refuse(config, error):
            raise
        return _recognising_plan(settings.load_first(), options)


def _recognising_plan(config: EdgeConfig, options: argparse.Namespace) -> Plan:
    """Return a plan to start with, whatever is wrong with the installed model: a device must recognise signs."""
    model: Path | None = options.model
    while True:
        try:
            return load_plan(config, model)
        except (BundleRefused, LibraryMissing, StoreUnusable) as error:
            model = fall_back(config.model, model, os.environ, error)


def _reload_plan(options: argparse.Namespace, settings: LiveSettings) -> Plan:
    """Read configuration and bundle again. Raises what refuses them; a refused model fails its probation."""
    config = settings.load()
    try:
        return load_plan(config, options.model)
    except UserError as error:
        if not settings.refuse(config, error) and isinstance(error, BundleRefused):
            fail_probation(find_store(config.model, options.model, os.environ), str(error))
        raise
