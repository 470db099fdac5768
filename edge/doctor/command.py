"""The command `ishara-edge doctor`: prints the findings, and writes the support bundle if one is wanted."""

import argparse
import io
import os
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from edge.config import EdgeConfig, WebConfig
from edge.diagnostics.finding import format_row, format_summary, is_ready, to_json
from edge.diagnostics.support_bundle import Diagnosis, build_bundle, write_bundle
from edge.doctor.checks import run_checks
from edge.doctor.system import STATE_FOLDER
from edge.lifecycle.paths import HomeUnknown, state_folder
from edge.monitoring.health import Health
from edge.sinks.web.page_client import ask_page
from landmarkers.errors import UserError
from landmarkers.processor import Machine

_JOURNALCTL: Final = "/usr/bin/journalctl"
_UNIT: Final = "ishara-edge.service"
_LINES: Final = 400
_TIMEOUT_S: Final = 20.0
_MAX_HEALTH_BYTES: Final = 1 << 20


class BundleUnwritable(UserError):
    """The support bundle cannot be written; the message says why."""


def examine(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Check the device; return 1 if something must be fixed. Raises BundleUnwritable."""
    bundle: Path | None = options.bundle
    if bundle is not None:
        _require_new(bundle)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a finding may name a file that the locale cannot write
    machine = Machine()
    findings, coloured = [], sys.stdout.isatty() and "NO_COLOR" not in os.environ
    daemon = None if options.source is not None or options.model is not None else running_health(config.web)
    checks = run_checks(config, model=options.model, source=options.source, machine=machine, daemon=daemon)
    for finding in checks:
        findings.append(finding)
        if not options.json:
            print(format_row(finding, coloured=coloured), flush=True)
    print(to_json(findings) if options.json else f"\n{format_summary(findings)}")
    if bundle is not None:
        health = None if daemon is None else daemon.to_json()
        content = build_bundle(Diagnosis(findings, config, read_journal(), health), _states(), machine)
        try:
            write_bundle(bundle, content, os.environ)
        except OSError as error:
            raise BundleUnwritable(f"the support bundle {bundle} cannot be written: {error.strerror}") from error
        written = f"{bundle} holds this with versions, settings and log; read it before you attach it to an issue"
        print(f"ishara-edge: {written}", file=sys.stderr)
    return 0 if is_ready(findings) else 1


def running_health(config: WebConfig | None) -> Health | None:
    """Return what the daemon that runs with this page says about itself; None if it cannot be asked."""
    if config is None:
        return None
    try:
        token = config.read_token()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        with ask_page(config, "/health", timeout_s=_TIMEOUT_S, headers=headers) as response:
            return Health.model_validate_json(response.read(_MAX_HEALTH_BYTES))
    except (UserError, OSError, HTTPException, ValidationError):
        return None


def read_journal() -> list[str]:
    """Return the last lines of the service in the journal, without the name of the machine; none if it is hidden."""
    command = [
        _JOURNALCTL,
        "--unit",
        _UNIT,
        "--lines",
        str(_LINES),
        "--output",
        "short-iso",
        "--no-hostname",
        "--quiet",
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []


def _require_new(bundle: Path) -> None:
    """Refuse a name at which no bundle can be written, before the checks that take seconds."""
    if os.path.lexists(bundle):
        raise BundleUnwritable(f"{bundle} exists already; name another file")
    if not bundle.parent.is_dir():
        raise BundleUnwritable(f"the folder {bundle.parent} of the support bundle does not exist")


def _states() -> list[Path]:
    """Return the state folders of this user and of the service."""
    states = [STATE_FOLDER]
    with suppress(HomeUnknown):
        states.append(state_folder(os.environ))
    return states
