"""The settings of the running daemon: carries out the command `settings`, and undoes a change that the daemon refuses.

A change is written on trial, and the daemon reloads. Once its stages run with the change, `accept` ends the trial; what
refuses the change, at the reload or at a start after a kill, calls `refuse`, and the file is as it was before.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edge.config import EdgeConfig
from edge.config.loading import load_config
from edge.lifecycle.paths import state_folder
from edge.requests import RequestRefused, SettingsRequest
from edge.settings.editor import SettingsEditor
from edge.settings.file import SettingsFile, SettingsRefused
from edge.settings.location import Location
from edge.settings.report import ChangeReport, Phase, SettingsState
from edge.workers.supervised_thread import catch_unforeseen
from landmarkers.errors import UserError
from landmarkers.plain_text import one_sentence
from models.strict_model import StrictModel

log = logging.getLogger(__name__)

_RELOAD_AFTER_S: Final = 0.5  # the page that has the response to deliver is closed by a reload
_UNDONE: Final = "the latest change of the settings is refused, and undone: %s"
_UNFORESEEN: Final = "the daemon failed unexpectedly while it read them; its log says how"

Show = Callable[[SettingsState], None]
LoadSetup = Callable[[Path, Mapping[str, str], Path | None], EdgeConfig]


class ChangeUndone(UserError):
    """The configuration was refused because of a change that is undone now; the message says why it was refused."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    config: EdgeConfig
    location: Location
    change: str | None
    """The change of it that was on trial: another one may have been made since, which these stages do not use."""


class LiveSettings:
    """Loads the configuration, at the start and at each reload, and changes it; any thread may call."""

    def __init__(
        self,
        locate: Callable[[], Location],
        environment: Mapping[str, str],
        dotenv: Path | None,
        load_setup: LoadSetup,
    ) -> None:
        """`load_setup` loads the configuration from a state folder whose set-up is not finished."""
        self._locate = locate
        self._environment = environment
        self._dotenv = dotenv
        self._load_setup = load_setup
        self._lock = threading.Lock()
        self._shows: list[Show] = []
        self._state = SettingsState()
        self._loaded: _Loaded | None = None
        self._location = Location(None)
        self._reload: Callable[[], None] = lambda: None

    @property
    def location(self) -> Location:
        """The place of the configuration that the stages use."""
        return self._location

    def on_change(self, reload: Callable[[], None]) -> None:
        """Call `reload` half a second after each change; it must not block."""
        self._reload = reload

    def show_on(self, show: Show) -> Callable[[], None]:
        """Show the state of the latest change, now and whenever it changes; return what ends that."""
        with self._lock:
            self._shows.append(show)
            show(self._state)

        def end() -> None:
            with self._lock:
                self._shows.remove(show)

        return end

    def load_first(self) -> EdgeConfig:
        """Load the configuration; a change that makes it unusable is undone first. Raises ConfigInvalid."""
        try:
            return self.load()
        except ChangeUndone:
            return self.load()

    def load(self) -> EdgeConfig:
        """Load the configuration. Raises ConfigInvalid, and ChangeUndone if a change on trial is why, and undone."""
        location = self._locate()
        change = _change_on_trial(location)
        try:
            config = self._read(location)
        except UserError as error:
            if self._undo(location, change, error):
                raise ChangeUndone(str(error)) from error
            raise
        with self._lock:
            self._loaded = _Loaded(config, location, change)
            if self._location.path is None:
                self._location = location
        return config

    def accept(self, config: EdgeConfig) -> None:
        """Note that the stages run with a configuration; a change of it on trial is kept."""
        with self._lock:
            loaded = self._loaded
            if loaded is None or loaded.config is not config:  # another one was loaded in the meantime
                return
            self._location = loaded.location
        is_settled = False
        try:
            is_settled = _settle(loaded.location, loaded.change, is_used=True)
            if is_settled:
                self._editor().sweep()
        except (OSError, SettingsRefused) as error:
            log.warning("the settings are used, and what they have replaced cannot be removed: %s", error)
        is_latest = _change_on_trial(loaded.location) in (None, loaded.change)
        if is_settled or (self._state.phase is Phase.APPLYING and is_latest):
            self._update(phase=Phase.APPLIED)
        self._update(is_setup=loaded.location.is_setup)

    def refuse(self, config: EdgeConfig, error: UserError) -> bool:
        """Undo the change on trial that has made this configuration; return False if none has."""
        with self._lock:
            loaded = self._loaded
        if loaded is None or loaded.config is not config:
            return False
        return self._undo(loaded.location, loaded.change, error)

    def refuse_unforeseen(self) -> None:
        """Undo the change on trial, if there is one, after a reload has failed of what nobody foresaw. Never raises."""
        catch_unforeseen("undoing the latest change of the settings", self._undo_change_on_trial)
        if self._state.phase is Phase.APPLYING:
            log.warning("the latest change of the settings is refused: %s", _UNFORESEEN)
            self._update(phase=Phase.REFUSED, why=_UNFORESEEN)

    def answer(self, request: SettingsRequest) -> StrictModel:
        """Carry out a request, and return the content of the response. Raises RequestRefused."""
        try:
            return self._answer(request, self._editor())
        except UserError as error:
            raise RequestRefused(one_sentence(str(error))) from error

    def _answer(self, request: SettingsRequest, editor: SettingsEditor) -> StrictModel:
        if request.action == "get":
            return editor.report()
        if request.action == "versions":
            return editor.versions()
        if request.action == "preview" and not (request.changes or request.secrets):
            return editor.whole()
        if request.action == "preview":
            return editor.propose(request).report
        if self._state.phase is Phase.APPLYING:
            raise SettingsRefused("the change before is being applied; wait some seconds")
        if request.action == "undo":
            return self._changed("undo", editor.undo())
        if request.action == "finish":
            return self._changed("finish", editor.finish())
        proposal = editor.propose(request)
        if not proposal.report.changes:
            self._update(phase=Phase.APPLIED, action="apply", changes=(), why=None)
            return proposal.report
        editor.write(proposal, "page")
        return self._changed("apply", proposal.report)

    def _changed(self, action: Literal["apply", "undo", "finish"], report: ChangeReport) -> ChangeReport:
        self._update(phase=Phase.APPLYING, action=action, changes=report.changes, why=None)
        log.info("settings: %s of %s", action, ", ".join(change.key for change in report.changes))
        timer = threading.Timer(_RELOAD_AFTER_S, self._reload)
        timer.daemon = True
        timer.start()
        return report

    def _read(self, location: Location) -> EdgeConfig:
        if location.is_setup and location.state is not None:
            return self._load_setup(location.state, self._environment, self._dotenv)
        return load_config(location.path, self._environment, self._dotenv)

    def _undo_change_on_trial(self) -> None:
        location = self._locate()
        self._undo(location, _change_on_trial(location), SettingsRefused(_UNFORESEEN))

    def _undo(self, location: Location, change: str | None, error: UserError) -> bool:
        """Undo a change at a place; return False if it is not on trial there."""
        try:
            if not _settle(location, change, is_used=False):
                return False
        except SettingsRefused as second:
            log.warning("the latest change of the settings cannot be undone: %s", second)
            self._update(phase=Phase.REFUSED, why=one_sentence(str(second)))
            return False
        log.warning(_UNDONE, error)
        self._update(phase=Phase.REFUSED, why=one_sentence(str(error)))
        return True

    def _editor(self) -> SettingsEditor:
        return SettingsEditor(self._location, state_folder(self._environment), self._environment, self._dotenv)

    def _update(self, **changes: object) -> None:
        with self._lock:
            self._state = self._state.model_copy(update=changes)
            for show in self._shows:
                show(self._state)


def _change_on_trial(location: Location) -> str | None:
    if location.path is None:
        return None
    with suppress(SettingsRefused):  # whoever reads the settings themselves says why
        return SettingsFile(location.path).change_on_trial()
    return None


def _settle(location: Location, change: str | None, *, is_used: bool) -> bool:
    if location.path is None or change is None:
        return False
    return SettingsFile(location.path).settle(change, is_used=is_used)
