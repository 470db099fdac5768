"""Manages the program's releases on a device: each is a venv, and one link selects the active one.

`ishara-deploy` runs this file with the device's own Python, as root. The device itself rolls back a release that does
not come up, so that a connection that is cut at the worst moment leaves a working device.
"""

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RELEASES = Path("/opt/ishara-releases")
ACTIVE = Path("/opt/ishara")
PREVIOUS = RELEASES / "previous"
NETWORKS = Path("/opt/ishara-networks")
# Root's configuration, or else that of a device that was set up in the browser.
CONFIGS = (Path("/etc/ishara/edge.toml"), Path("/var/lib/ishara/edge.toml"))
UNIT = "ishara-edge.service"
SYSTEMCTL = "/usr/bin/systemctl"
COMPLETE = "built-from"  # written last into a release
SETTLE_S = 5.0


class ReleaseRefused(Exception):
    """A release that cannot be built or activated; the message says why."""


def main() -> int:
    """Run the action of the arguments; return the exit code."""
    parser = argparse.ArgumentParser()
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build")
    build.add_argument("name")
    build.add_argument("--wheel", type=Path, required=True)
    build.add_argument("--sha256", required=True)
    build.add_argument("--lock", type=Path, required=True)
    build.add_argument("--wheelhouse", type=Path)
    actions.add_parser("activate").add_argument("name")
    actions.add_parser("rollback")
    options = parser.parse_args()
    RELEASES.mkdir(parents=True, exist_ok=True)
    with (RELEASES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if options.action == "build":
                # Debian 13 keeps /tmp in memory, of which a small computer has too little for pip's downloads.
                with tempfile.TemporaryDirectory(dir=RELEASES, prefix=".downloads-") as downloads:
                    os.environ["TMPDIR"] = downloads
                    build_release(options.name, options.wheel, options.sha256, options.lock, options.wheelhouse)
            elif options.action == "activate":
                activate(options.name)
            else:
                rollback()
        except (ReleaseRefused, OSError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 0


def active_release() -> str:
    """Return the name of the active release; empty if there never was one."""
    return ACTIVE.readlink().name if ACTIVE.is_symlink() else ""


def build_release(name: str, wheel: Path, sha256: str, lock: Path, wheelhouse: Path | None) -> None:
    """Build the venv with the wheel, as a copy of the active one if there is one: only what is new is installed.

    pip installs nothing but files whose SHA-256 is that of the wheel or stands in the lock.
    The copy shares files by hard links. pip removes a file before it writes another in its place, so that the active
    release stays as it is.
    """
    folder = RELEASES / name
    if (folder / COMPLETE).exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    try:
        before = RELEASES / active_release() if active_release() else None
        if before is not None and (before / COMPLETE).exists():
            _copy(before, folder)
            _remove_others(folder / "bin/python", lock)
        else:
            _run([sys.executable, "-m", "venv", "--system-site-packages", str(folder)])
        pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        pip += ["--root-user-action=ignore", "--no-input", "--require-hashes", "--only-binary=:all:"]
        if wheelhouse is not None:
            pip += ["--no-index", "--find-links", str(wheelhouse)]
        program = f"ishara[web] @ {wheel.as_uri()}#sha256={sha256}"
        _run([*pip, "--requirement", str(lock), program])
        if before is not None:  # the copy may hold this version, built from other files
            _run([*pip, "--no-deps", "--force-reinstall", program])
        _link_networks(folder)
        if config := next((path for path in CONFIGS if path.exists()), None):
            _run([str(folder / "bin/ishara-edge"), "config", "check", "--config", str(config)])
        (folder / COMPLETE).write_text(f"{wheel.name}\n")
    except (ReleaseRefused, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        raise


def activate(name: str) -> None:
    """Switch to the release, and switch back if the daemon does not come up with it. Raises ReleaseRefused."""
    if not (RELEASES / name / COMPLETE).exists():
        raise ReleaseRefused(f"the release {name} does not exist")
    if ACTIVE.exists() and not ACTIVE.is_symlink():
        raise ReleaseRefused(f"{ACTIVE} was made by hand: move it away, and provision again")
    before = active_release()
    if before == name:
        return
    _switch(ACTIVE, name)
    if _is_enabled():
        fault = _restart()
        if fault and before:
            _switch(ACTIVE, before)
            after = _restart()
            outcome = f"and {before} does not come up either: {after}" if after else f"{before} is active again"
            raise ReleaseRefused(f"{name} does not come up: {fault}; {outcome}")
        if fault:
            raise ReleaseRefused(f"{name} does not come up: {fault}")
    if before:
        _switch(PREVIOUS, before)
    for folder in RELEASES.iterdir():
        if folder.is_dir() and not folder.is_symlink() and folder.name not in (name, before):
            shutil.rmtree(folder, ignore_errors=True)


def rollback() -> None:
    """Activate the previous release. Raises ReleaseRefused."""
    if not PREVIOUS.is_symlink():
        raise ReleaseRefused("there is no previous release")
    activate(PREVIOUS.readlink().name)


def _copy(old: Path, new: Path) -> None:
    _run(["cp", "--archive", "--link", str(old), str(new)])
    (new / COMPLETE).unlink()
    # Scripts name the Python of their venv in the first line.
    for script in (new / "bin").iterdir():
        content = b"" if script.is_symlink() else script.read_bytes()
        if content.startswith(b"#!" + str(old).encode()):
            script.unlink()
            script.write_bytes(content.replace(str(old).encode(), str(new).encode()))
            script.chmod(0o755)


def _remove_others(python: Path, lock: Path) -> None:
    """Remove the packages that the lock no longer has: two builds of OpenCV, for one, would share a folder."""
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    there = [one["name"] for one in json.loads(_run([*pip, "list", "--local", "--format", "json"]))]
    kept = {"pip", "ishara", *(_plain(line) for line in lock.read_text(encoding="utf-8").splitlines())}
    if others := [name for name in there if _plain(name) not in kept]:
        _run([*pip, "uninstall", "--yes", "--root-user-action=ignore", *others])


def _plain(requirement: str) -> str:
    """Return the package that a line of a lock or of pip names, as packages are compared; empty for other lines."""
    found = re.match("[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    return re.sub("[._-]+", "-", found[0]).lower() if found else ""


def _link_networks(folder: Path) -> None:
    """Link the landmark networks, which all releases share: they are large and never change."""
    for package in folder.glob("lib/python3*/site-packages/landmarkers"):
        link = package / "tasks"
        if not link.is_symlink() and not link.exists():
            link.symlink_to(NETWORKS)


def _switch(link: Path, name: str) -> None:
    partial = link.with_name(f".{link.name}.new")
    partial.unlink(missing_ok=True)
    partial.symlink_to(RELEASES / name)
    partial.replace(link)
    folder = os.open(link.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_enabled() -> bool:
    """Return True if the service is enabled; before the first provisioning ends, it is not."""
    return _systemctl("is-enabled").strip() == "enabled"


def _restart() -> str:
    """Restart the daemon and watch it for a moment; return what is wrong, or an empty string."""
    subprocess.run([SYSTEMCTL, "reset-failed", UNIT], check=False, capture_output=True)
    done = subprocess.run([SYSTEMCTL, "restart", UNIT], check=False, capture_output=True)
    restarts = _show("NRestarts")
    time.sleep(SETTLE_S)
    if done.returncode == 0 and _show("ActiveState") == "active" and _show("NRestarts") == restarts:
        return ""
    return _show("StatusText") or f"it is {_show('ActiveState')}, exit status {_show('ExecMainStatus')}"


def _show(name: str) -> str:
    return _systemctl("show", "--property", name, "--value").strip()


def _systemctl(*arguments: str) -> str:
    return subprocess.run([SYSTEMCTL, *arguments, UNIT], check=False, capture_output=True, encoding="utf-8").stdout


def _run(command: list[str]) -> str:
    """Run a program and return what it prints. Raises ReleaseRefused."""
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        output = done.stderr or done.stdout
        if found := re.search(r"DO NOT MATCH THE HASHES.*?([^/\s]+\.whl)", output, re.DOTALL):
            raise ReleaseRefused(f"{found[1]} has another SHA-256 than the one that was stated for it")
        if found := re.search(r"--require-hashes mode, all requirements must .*\n *(\S+)", output):
            raise ReleaseRefused(f"the program needs {found[1]}, which is not in the lock")
        lines = [line for line in output.splitlines() if line.strip()] or ["no output"]
        raise ReleaseRefused(f"{Path(command[0]).name} ends with {done.returncode}: {lines[-1].strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
