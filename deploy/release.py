"""A release of the program on its way to a device: the wheel, and the wheels of what it needs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.artifact import ArtifactUnusable, app_version
from deploy.connection import Remote, StepFailed
from deploy.inventory import AppSection
from deploy.transfer import Progress, send

_PROGRAM: Final = (Path(__file__).parent / "on_device" / "releases.py").read_text(encoding="utf-8")
_WHEELS: Final = ".cache/ishara/wheels"
_INSTALL_S: Final = 1800  # a small computer with a slow card
_RESTART_S: Final = 600


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it is named on the devices, and what it is made of."""

    name: str
    app: AppSection


def open_release(app: AppSection) -> Release:
    """The release that a wheel makes, named by its version and all that decides what is installed.

    Raises ParcelUnusable.
    """
    version = app_version(app.wheel)
    digest = hashlib.sha256()
    for path in (app.wheel, app.constraints):
        if path is not None:
            try:
                digest.update(path.read_bytes())
            except OSError as error:
                raise ArtifactUnusable(f"{path} cannot be read: {error.strerror}") from error
    if app.wheelhouse is not None and not list(app.wheelhouse.glob("*.whl")):
        raise ArtifactUnusable(f"there are no wheels in {app.wheelhouse}")
    return Release(f"{version}-{digest.hexdigest()[:8]}", app)


def is_made(remote: Remote, release: Release) -> bool:
    """Whether the device has the release, taken or not."""
    return remote.attempt(f"test -e /opt/ishara-releases/{release.name}/made-of").ok


def is_taken(remote: Remote, release: Release) -> bool:
    """Whether the device runs the release."""
    return remote.attempt("readlink /opt/ishara").out.strip().endswith(f"/{release.name}")


def make(remote: Remote, release: Release, progress: Progress | None = None) -> None:
    """See that the device has the release, ready to be taken. Raises StepFailed."""
    if is_made(remote, release):
        return
    with release.app.wheel.open("rb") as wheel:
        arguments = ["make", release.name, "--wheel", send(remote, wheel, release.app.wheel.name, progress).path]
    if release.app.constraints is not None:
        with release.app.constraints.open("rb") as constraints:
            arguments += ["--constraints", send(remote, constraints, "constraints.txt").path]
    if release.app.wheelhouse is not None:
        arguments += ["--wheelhouse", _send_wheelhouse(remote, release.app.wheelhouse, progress)]
    _do(remote, arguments, _INSTALL_S)


def take(remote: Remote, release: Release) -> None:
    """Let the device run the release; it goes back by itself when the daemon does not come up. Raises StepFailed."""
    _do(remote, ["take", release.name], _RESTART_S)


def go_back(remote: Remote) -> None:
    """Let the device run the release before. Raises StepFailed."""
    _do(remote, ["back"], _RESTART_S)


def _do(remote: Remote, arguments: list[str], within_s: int) -> None:
    # A unit of its own goes on when the connection breaks.
    command = "systemd-run --quiet --wait --pipe --collect --setenv=LANG=C.UTF-8 /usr/bin/python3 - " + " ".join(
        arguments
    )
    answer = remote.attempt(command, stdin=_PROGRAM, within_s=within_s)
    if not answer.ok:
        raise StepFailed(answer.reason, must_act=True)


def _send_wheelhouse(remote: Remote, wheelhouse: Path, progress: Progress | None) -> str:
    """Send the wheels that the device has not got yet; where they lie there, each by a link from its arrival."""
    home = remote.run("pwd", as_root=False).strip()
    remote.run(f"mkdir -p {_WHEELS}", as_root=False)
    there = set(
        remote.run(f"cd {_WHEELS} && sha256sum -- *.whl 2>/dev/null || true", as_root=False, within_s=300).split("\n")
    )
    for path in sorted(wheelhouse.glob("*.whl")):
        with path.open("rb") as wheel:
            if f"{hashlib.file_digest(wheel, 'sha256').hexdigest()}  {path.name}" in there:
                continue
            arrived = send(remote, wheel, path.name, progress).path
        remote.run(f"mv -- '{arrived}' {_WHEELS}/ && rmdir -- '{Path(arrived).parent}'", as_root=False)
    return f"{home}/{_WHEELS}"
