"""A release of the program on its way to a device: the wheel, and the wheels of its dependencies."""

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.artifact import ArtifactUnusable, app_version, wheels_in
from deploy.connection import Remote, StepFailed
from deploy.inventory import AppSection
from deploy.transfer import Progress, send

_PROGRAM: Final = (Path(__file__).parent / "on_device" / "releases.py").read_text(encoding="utf-8")
_WHEELS: Final = ".cache/ishara/wheels"
_INSTALL_S: Final = 1800  # a small computer with a slow card
_RESTART_S: Final = 600


@dataclass(frozen=True, slots=True)
class Release:
    """A release by its name on the devices, and what it is built from."""

    name: str
    app: AppSection


def open_release(app: AppSection) -> Release:
    """Return the release of a wheel, named by its version and by everything that decides what is installed.

    Raises ArtifactUnusable.
    """
    version = app_version(app.wheel)
    digest = hashlib.sha256()
    for path in (app.wheel, app.lock):
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise ArtifactUnusable(f"{path} cannot be read: {error.strerror}") from error
    if app.wheelhouse is not None:
        wheels_in(app.wheelhouse)
    return Release(f"{version}-{digest.hexdigest()[:8]}", app)


def is_built(remote: Remote, release: Release) -> bool:
    """Return True if the device has the release, active or not."""
    return remote.attempt(shlex.join(["test", "-e", f"/opt/ishara-releases/{release.name}/built-from"])).ok


def is_active(remote: Remote, release: Release) -> bool:
    """Return True if the device runs the release."""
    return remote.attempt("readlink /opt/ishara").out.strip().endswith(f"/{release.name}")


def build(remote: Remote, release: Release, progress: Progress | None = None) -> None:
    """Build the release on the device unless it is there, ready to be activated. Raises StepFailed."""
    if is_built(remote, release):
        return
    with release.app.wheel.open("rb") as wheel:
        arguments = ["build", release.name, "--wheel", send(remote, wheel, release.app.wheel.name, progress).path]
    arguments += ["--sha256", hashlib.sha256(release.app.wheel.read_bytes()).hexdigest()]
    with release.app.lock.open("rb") as lock:
        arguments += ["--lock", send(remote, lock, "lock.txt").path]
    if release.app.wheelhouse is not None:
        arguments += ["--wheelhouse", _send_wheelhouse(remote, release.app.wheelhouse, progress)]
    _run(remote, arguments, _INSTALL_S)


def activate(remote: Remote, release: Release) -> None:
    """Switch the device to the release; it rolls back by itself if the daemon does not come up. Raises StepFailed."""
    _run(remote, ["activate", release.name], _RESTART_S)


def rollback(remote: Remote) -> None:
    """Switch the device to the previous release. Raises StepFailed."""
    _run(remote, ["rollback"], _RESTART_S)


def _run(remote: Remote, arguments: list[str], within_s: int) -> None:
    # A unit of its own continues when the connection breaks.
    command = "systemd-run --quiet --wait --pipe --collect --setenv=LANG=C.UTF-8 /usr/bin/python3 -"
    answer = remote.attempt(f"{command} {shlex.join(arguments)}", stdin=_PROGRAM, within_s=within_s)
    if not answer.ok:
        raise StepFailed(answer.reason, user_action_required=True)


def _send_wheelhouse(remote: Remote, wheelhouse: Path, progress: Progress | None) -> str:
    """Send the wheels that the device lacks; return their folder on the device."""
    home = remote.run("pwd", as_root=False)
    remote.run(f"mkdir -p {_WHEELS}", as_root=False)
    there = set(
        remote.run(f"cd {_WHEELS} && sha256sum -- *.whl 2>/dev/null || true", as_root=False, within_s=300).split("\n")
    )
    for path in wheels_in(wheelhouse):
        with path.open("rb") as wheel:
            if f"{hashlib.file_digest(wheel, 'sha256').hexdigest()}  {path.name}" in there:
                continue
            sent = send(remote, wheel, path.name, progress).path
        move = shlex.join(["mv", "--", sent, f"{_WHEELS}/"])
        remote.run(f"{move} && {shlex.join(['rmdir', '--', str(Path(sent).parent)])}", as_root=False)
    return f"{home}/{_WHEELS}"
