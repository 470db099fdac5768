"""Decides what may be changed in the settings, and checks the changed text as the daemon will read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue, Secret, SecretStr

from edge.config import ConfigInvalid, EdgeConfig
from edge.config.loading import find_overrides, validate_config
from edge.config.text_file import read_toml
from edge.requests import SettingsRequest
from edge.requests.settings import SecretName, Value
from edge.settings.difference import compare, show
from edge.settings.document import edit
from edge.settings.editable import KEYS, SECRETS, check_changes, check_reach, file_key, find_exposed
from edge.settings.file import SettingsFile, SettingsRefused
from edge.settings.history import By
from edge.settings.location import INVITATION, SAVED, UNSAVED, Location
from edge.settings.report import ChangeReport, SettingsReport, Version, Versions
from edge.settings.secrets import SecretFiles, check_secret
from landmarkers.parsing import describe

_NO_FILE: Final = "the daemon runs without a file of settings; start it with --config or --setup"
_MANAGED: Final = "another system manages the settings in {}, which say managed = true: change them there"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A changed text that was checked, and the new secrets that it names."""

    before: str
    after: str
    report: ChangeReport
    secrets: Mapping[Path, SecretStr] = field(default_factory=dict)


class SettingsEditor:
    """Reads and changes the settings at one place. Methods raise SettingsRefused and ConfigInvalid."""

    def __init__(
        self, location: Location, state: Path, environment: Mapping[str, str], dotenv: Path | None = None
    ) -> None:
        """`state` is the state folder, in which the secrets are."""
        self._location = location
        self._secrets = SecretFiles(state)
        self._state = state
        self._environment = environment
        self._dotenv = dotenv
        self.file = None if location.path is None else SettingsFile(location.path)

    def report(self) -> SettingsReport:
        """Return the settings, without secrets."""
        config = self._check(self._text())
        return SettingsReport(
            path=None if self._location.path is None else str(self._location.path),
            is_setup=self._location.is_setup,
            read_only=self._why_read_only(is_managed=config.managed),
            values={key: show(value) for key, value in _values(config)},
            hidden=tuple(key for key, value in _values(config) if show(value) != value),
            secrets={name: _has_file(config, name) for name in SECRETS},
            overridden={key: name for key, name in self._overrides().items() if key in KEYS},
        )

    def propose(self, request: SettingsRequest) -> Proposal:
        """Return what a request would change, which may be nothing; nothing is written."""
        before = self._text()
        self._check_writable(before)
        check_changes(
            request.changes, [name for name, new in request.secrets.items() if new is None], self._overrides()
        )
        changes: dict[str, Value | None] = dict(request.changes)
        secrets = {}
        # A password for one broker or camera is no other's: whoever changes the host types it anew.
        config = self._check(before)
        changes |= {file_key(name): None for name in find_exposed(config, changes)}
        for name, secret in request.secrets.items():
            path = None
            if secret is not None:
                check_secret(name, secret.get_secret_value())
                path = self._secrets.new_path(name)
                secrets[path] = secret
            changes[file_key(name)] = None if path is None else str(path)
        try:
            after = edit(before, changes)
        except ValueError as error:
            raise SettingsRefused(f"the settings {self._location.path} cannot be changed: {describe(error)}") from error
        changed = self._check(after)
        if not request.force:
            check_reach(config, changed)
        return Proposal(before, after, self._compare(before, after), secrets)

    def write(self, proposal: Proposal, by: By) -> None:
        """Write what was proposed, the secrets first; it is on trial from then on."""
        try:
            for path, secret in proposal.secrets.items():
                self._secrets.write(path, secret.get_secret_value())
        except OSError as error:
            raise SettingsRefused(f"the secret cannot be written: {error.strerror}") from error
        self._file().write(proposal.after, by)

    def undo(self) -> ChangeReport:
        """Return to the settings before the latest change, on trial."""
        before = self._text()
        self._check_writable(before)
        versions = self._file().versions()
        if versions:
            self._check(versions[0].text)
        self._file().undo()
        return self._compare(before, self._text())

    def finish(self) -> ChangeReport:
        """Save the settings of a new device, on trial."""
        if not self._location.is_setup:
            raise SettingsRefused("this device is set up already")
        text = self._text()
        path = self._state / SAVED
        config = validate_config(_parse(text), path, self._environment, self._dotenv)
        if not _has_file(config, "web.token"):
            raise SettingsRefused("the page needs a token first: web.token")
        SettingsFile(path).write(text, "page")
        return self._compare("", text)

    def whole(self) -> ChangeReport:
        """Return all that `finish` would write."""
        return self._compare("", self._text())

    def versions(self) -> Versions:
        """Return the latest changes."""
        newer, found = self._text(), []
        for version in () if self.file is None else self.file.versions():
            report = self._compare(version.text, newer)
            found.append(Version(number=version.number, at=version.at, by=version.by, **dict(report)))
            newer = version.text
        return Versions(versions=tuple(found))

    def sweep(self) -> None:
        """Remove the secrets that no version of the settings of set-up names, and what set-up has not saved."""
        if self._location.state is None:
            return  # other settings may name files in the same folder
        saved, unsaved = (SettingsFile(self._location.state / name) for name in (SAVED, UNSAVED))
        if not self._location.is_setup:
            unsaved.remove()
            (self._location.state / INVITATION).unlink(missing_ok=True)
        self._secrets.sweep([*saved.texts(), *unsaved.texts()])

    def _check_writable(self, text: str) -> None:
        try:
            is_managed = self._check(text).managed
        except ConfigInvalid:  # an undo may mend it
            is_managed = bool(_parse(text).get("managed"))
        why = self._why_read_only(is_managed=is_managed)
        if why is not None:
            raise SettingsRefused(why)

    def _why_read_only(self, *, is_managed: bool) -> str | None:
        if self.file is None:
            return _NO_FILE
        return _MANAGED.format(self.file.path) if is_managed else self.file.why_unwritable()

    def _check(self, text: str) -> EdgeConfig:
        return validate_config(_parse(text), self._location.path, self._environment, self._dotenv)

    def _overrides(self) -> dict[str, str]:
        return find_overrides(self._environment, self._dotenv)

    def _text(self) -> str:
        return "" if self.file is None else self.file.read() or ""

    def _file(self) -> SettingsFile:
        if self.file is None:
            raise SettingsRefused(_NO_FILE)
        return self.file

    def _compare(self, before: str, after: str) -> ChangeReport:
        return compare(before, after, _parse(before), _parse(after))


def _parse(text: str) -> dict[str, Any]:
    try:
        return read_toml(text)
    except ValueError as error:
        raise SettingsRefused(f"the settings are not TOML: {describe(error)}") from error


def _values(config: EdgeConfig) -> Iterator[tuple[str, JsonValue]]:
    """Yield the keys that may be changed, but for those of absent sections."""
    for key in KEYS:
        section, _, name = key.rpartition(".")
        table = getattr(config, section) if section else config
        if table is not None:
            yield key, _plain(getattr(table, name))


def _has_file(config: EdgeConfig, name: SecretName) -> bool:
    section, _, key = file_key(name).partition(".")
    path: Path | None = getattr(getattr(config, section), key, None)
    return path is not None and path.is_file()


def _plain(value: Any) -> JsonValue:
    plain: JsonValue = value.get_secret_value() if isinstance(value, Secret) else value
    return plain
