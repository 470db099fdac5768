"""Carries out the commands `doctor` and `support_bundle` on the running device."""

import base64
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from edge.commands import Commands
from edge.config import EdgeConfig
from edge.diagnostics.background_check import BackgroundCheck, CheckState, Phase
from edge.diagnostics.recent_log import recent_lines
from edge.diagnostics.support_bundle import Diagnosis, build_bundle, file_name
from edge.lifecycle.paths import HomeUnknown, state_folder
from edge.monitoring.health import Health
from edge.requests import DoctorRequest, RequestRefused, SupportBundleRequest
from landmarkers.processor import Machine
from models.strict_model import StrictModel


class SupportBundle(StrictModel):
    """An archive: the name of its file, and its bytes in base64."""

    name: str
    content: str


class DoctorAnswers:
    """Begins health checks, and packs what the last one found."""

    def __init__(self, check: BackgroundCheck, config: EdgeConfig, health: Callable[[], Health]) -> None:
        """`config` is the configuration in use."""
        self._check = check
        self._config = config
        self._health = health

    def register(self, commands: Commands) -> None:
        """Carry out both commands from now on."""
        commands.register_payload(DoctorRequest, self.begin)
        commands.register_payload(SupportBundleRequest, self.bundle)

    def begin(self, _request: DoctorRequest) -> CheckState:
        """Begin a health check. Raises RequestRefused."""
        return self._check.begin()

    def bundle(self, _request: SupportBundleRequest) -> SupportBundle:
        """Return the support bundle. Raises RequestRefused before the first health check has ended."""
        state = self._check.state
        if state.phase not in (Phase.DONE, Phase.FAILED):
            raise RequestRefused("the device has not been checked yet; begin a health check first")
        states: list[Path] = []
        with suppress(HomeUnknown):
            states.append(state_folder(os.environ))
        diagnosis = Diagnosis(state.findings, self._config, recent_lines(), self._health().to_json())
        content = build_bundle(diagnosis, states, Machine())
        return SupportBundle(name=file_name(datetime.now(UTC)), content=base64.b64encode(content).decode())
