"""The program's releases on a device: each a venv of its own, one of them taken by a link that is switched at once.

`ishara-deploy` runs this file with the device's own Python, as root. A release that does not come up is left again by
the device itself, so that a connection cut at the worst moment leaves nobody behind.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

RELEASES = Path("/opt/ishara-releases")
TAKEN = Path("/opt/ishara")
PREVIOUS = RELEASES / "previous"
NETWORKS = Path("/opt/ishara-networks")
CONFIG = Path("/etc/ishara/edge.toml")
UNIT = "ishara-edge.service"
SYSTEMCTL = "/usr/bin/systemctl"
MADE = "made-of"  # written last into a release that is whole
SETTLE_S = 5.0


class ReleaseRefused(Exception):
    """A release that cannot be made or taken; the message says why."""


def main() -> int:
    """Do what the arguments say; returns the exit code."""
    parser = argparse.ArgumentParser()
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make")
    make.add_argument("name")
    make.add_argument("--wheel", type=Path, required=True)
    make.add_argument("--constraints", type=Path)
    make.add_argument("--wheelhouse", type=Path)
    actions.add_parser("take").add_argument("name")
    actions.add_parser("back")
    options = parser.parse_args()
    RELEASES.mkdir(parents=True, exist_ok=True)
    with (RELEASES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if options.action == "make":
                make_release(options.name, options.wheel, options.constraints, options.wheelhouse)
            elif options.action == "take":
                take(options.name)
            else:
                go_back()
        except (ReleaseRefused, OSError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 0


def taken() -> str:
    """The name of the release that runs; empty if none was ever taken."""
    return TAKEN.readlink().name if TAKEN.is_symlink() else ""


def make_release(name: str, wheel: Path, constraints: Path | None, wheelhouse: Path | None) -> None:
    """Make the venv with the wheel in it, from the one that runs if there is one: only what is new is installed.

    Files are shared with that one by hard links. pip removes a file before it writes one in its place, so that the
    release that runs stays as it is.
    """
    folder = RELEASES / name
    if (folder / MADE).exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    try:
        before = RELEASES / taken() if taken() else None
        if before is not None and (before / MADE).exists():
            _copy(before, folder)
        else:
            _run([sys.executable, "-m", "venv", "--system-site-packages", str(folder)])
        pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        pip += ["--root-user-action=ignore", "--no-input"]
        if constraints is not None:
            pip += ["--constraint", str(constraints)]
        if wheelhouse is not None:
            pip += ["--no-index", "--find-links", str(wheelhouse)]
        _run([*pip, f"ishara[web] @ file://{wheel}"])
        if before is not None:  # then this version may be there already, built from other files
            _run([*pip, "--no-deps", "--force-reinstall", str(wheel)])
        _link_networks(folder)
        if CONFIG.exists():
            _run([str(folder / "bin/ishara-edge"), "config", "check", "--config", str(CONFIG)])
        (folder / MADE).write_text(f"{wheel.name}\n")
    except (ReleaseRefused, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        raise


def take(name: str) -> None:
    """Switch to the release and see that the daemon comes up with it; switch back if not. Raises ReleaseRefused."""
    if not (RELEASES / name / MADE).exists():
        raise ReleaseRefused(f"there is no release {name}")
    if TAKEN.exists() and not TAKEN.is_symlink():
        raise ReleaseRefused(f"{TAKEN} was made by hand: move it away, and provision again")
    before = taken()
    if before == name:
        return
    _switch(TAKEN, name)
    if _is_wanted():
        trouble = _restart()
        if trouble and before:
            _switch(TAKEN, before)
            after = _restart()
            again = f"and {before} does not come up either: {after}" if after else f"{before} is at work again"
            raise ReleaseRefused(f"{name} does not come up: {trouble}; {again}")
        if trouble:
            raise ReleaseRefused(f"{name} does not come up: {trouble}")
    if before:
        _switch(PREVIOUS, before)
    for folder in RELEASES.iterdir():
        if folder.is_dir() and not folder.is_symlink() and folder.name not in (name, before):
            shutil.rmtree(folder, ignore_errors=True)


def go_back() -> None:
    """Take the release before. Raises ReleaseRefused."""
    if not PREVIOUS.is_symlink():
        raise ReleaseRefused("there is no release before this one")
    take(PREVIOUS.readlink().name)


def _copy(old: Path, new: Path) -> None:
    _run(["cp", "--archive", "--link", str(old), str(new)])
    (new / MADE).unlink()
    # Scripts name their venv's Python in the first line.
    for script in (new / "bin").iterdir():
        content = b"" if script.is_symlink() else script.read_bytes()
        if content.startswith(b"#!" + str(old).encode()):
            script.unlink()
            script.write_bytes(content.replace(str(old).encode(), str(new).encode()))
            script.chmod(0o755)


def _link_networks(folder: Path) -> None:
    """All releases read the same landmark networks, which are large and never change."""
    for package in folder.glob("lib/python3*/site-packages/landmarkers"):
        link = package / "tasks"
        if not link.is_symlink() and not link.exists():
            link.symlink_to(NETWORKS)


def _switch(link: Path, name: str) -> None:
    half = link.with_name(f".{link.name}.new")
    half.unlink(missing_ok=True)
    half.symlink_to(RELEASES / name)
    half.replace(link)
    folder = os.open(link.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_wanted() -> bool:
    """Whether the service is there and set to run; before the first provisioning ends, it is not."""
    return _answer("is-enabled").strip() == "enabled"


def _restart() -> str:
    """Start the daemon anew and watch it for a moment; what is wrong, or nothing."""
    subprocess.run([SYSTEMCTL, "reset-failed", UNIT], check=False, capture_output=True)
    done = subprocess.run([SYSTEMCTL, "restart", UNIT], check=False, capture_output=True)
    restarts = _show("NRestarts")
    time.sleep(SETTLE_S)
    if done.returncode == 0 and _show("ActiveState") == "active" and _show("NRestarts") == restarts:
        return ""
    return _show("StatusText") or f"it is {_show('ActiveState')}, exit status {_show('ExecMainStatus')}"


def _show(name: str) -> str:
    return _answer("show", "--property", name, "--value").strip()


def _answer(*arguments: str) -> str:
    return subprocess.run([SYSTEMCTL, *arguments, UNIT], check=False, capture_output=True, encoding="utf-8").stdout


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()] or ["it says nothing"]
        raise ReleaseRefused(f"{Path(command[0]).name} ends with {done.returncode}: {said[-1].strip()}")


if __name__ == "__main__":
    sys.exit(main())
