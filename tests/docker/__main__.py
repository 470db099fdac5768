"""Runs the steps of the Dockerfile in plain Debians and the result beside a broker; see `build-steps`."""

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.docker.dockerfile import Instruction, read

DOCKER: Final = Path("deploy/docker")
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_OUTSIDE: Final = ("PATH", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "LANG")  # of this machine, not of an image


class StepFailed(Exception):
    """A step or a later check that failed; the message says how."""


@dataclass
class Stage:
    """One stage of the image during the build."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    folder: str = "/"
    user: str = "root"
    healthcheck: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def run(self, command: list[str], more: dict[str, str] | None = None, user: str = "") -> "subprocess.Popen[str]":
        """Start a program inside the stage."""
        environment = (more or {}) | self.environment
        inside = ["chroot", f"--userspec={user or self.user}", str(self.root), "env", f"--chdir={self.folder}"]
        return subprocess.Popen([*inside, *command], env=environment, stderr=subprocess.PIPE, encoding="utf-8")

    def path(self, name: str) -> Path:
        """Return the path outside of a path inside."""
        return self.root / (Path(self.folder) / name).relative_to("/")


def main() -> int:
    """Build the image and check it; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.docker", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the Debian to start from")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="ishara-docker-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        try:
            stage = build(options.root, Path(folder), stack)
            print(f"the image has {size_mb(stage)} MB beside its Debian", flush=True)
            print(check(stage))
        except StepFailed as error:
            print(f"FAIL  {error}")
            return 1
    print("All steps were done, and the daemon is healthy beside its broker.")
    return 0


def build(debian: Path, folder: Path, stack: ExitStack) -> Stage:
    """Run the instructions and return the last stage."""
    context = gather(folder / "context")
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for step in read(DOCKER / "Dockerfile"):
        began = time.monotonic()
        if step.word == "FROM":
            name = step.rest.partition(" AS ")[2] or "last"
            stage = stages[name] = Stage(overlaid(debian, folder / name, stack))
        elif stage is None:
            raise StepFailed(f"{step.word} stands before FROM")
        else:
            run_step(step, stage, stages, context)
        print(f"{time.monotonic() - began:6.1f} s  {step.word} {step.rest[:90]}", flush=True)
    return stages["last"]


def run_step(step: Instruction, stage: Stage, stages: dict[str, Stage], context: Path) -> None:
    """Run one instruction."""
    if step.word == "RUN":
        settings = {name: value for name, value in os.environ.items() if name not in _OUTSIDE}
        copy_package_settings(stage.root)
        running = stage.run(["/bin/sh", "-c", step.rest], settings | {"HOME": "/root"})
        _, output = running.communicate()
        if running.returncode != 0:
            raise StepFailed(f"RUN {step.rest}: {output.strip()[-1500:]}")
    elif step.word == "COPY":
        copy_sources(step, stages[step.flags["from"]].root if "from" in step.flags else context, stage)
    elif step.word == "ENV":
        stage.environment |= dict(one.split("=", 1) for one in step.parts())
    elif step.word == "WORKDIR":
        stage.folder = step.rest
        stage.path(".").mkdir(parents=True, exist_ok=True)
    elif step.word == "USER":
        stage.user = step.rest
    elif step.word == "HEALTHCHECK":
        stage.healthcheck = Instruction("CMD", {}, step.rest.removeprefix("CMD").strip()).parts()
    elif step.word in ("ENTRYPOINT", "CMD"):
        setattr(stage, "entrypoint" if step.word == "ENTRYPOINT" else "command", step.parts())
    elif step.word not in ("EXPOSE", "VOLUME"):
        raise StepFailed(f"the instruction {step.word} is not supported here")


def copy_sources(step: Instruction, origin: Path, stage: Stage) -> None:
    """Copy one or several files from a folder to the stage."""
    *sources, target = step.parts()
    for source in sources:
        copy(origin / source.lstrip("/"), stage.path(target), into=target.endswith("/"))


def gather(folder: Path) -> Path:
    """Copy the build context: everything that .dockerignore leaves."""
    rules = (DOCKER / "Dockerfile.dockerignore").read_text().split()
    wanted = [rule[1:] for rule in rules if rule[0] == "!"]
    unwanted = [rule for rule in rules if rule[0] != "!" and rule != "*"]
    for name in wanted:
        copy(Path(name), folder / name, into=False)
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder).as_posix()
        if any(fnmatch.fnmatch(name, rule) or fnmatch.fnmatch(f"/{name}", f"*/{rule[3:]}") for rule in unwanted):
            path.unlink() if not path.is_dir() or path.is_symlink() else shutil.rmtree(path)
    return folder


def copy(source: Path, target: Path, *, into: bool) -> None:
    """Copy as COPY does: a folder's content, or a file under a name or into a folder."""
    if into:
        target = target / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)


def overlaid(debian: Path, folder: Path, stack: ExitStack) -> Path:
    """Mount the Debian with an overlay in memory."""
    folder.mkdir()
    mount(["-t", "tmpfs", "tmpfs", str(folder)], folder, stack)
    for part in ("changes", "work", "root"):
        (folder / part).mkdir()
    layers = f"lowerdir={debian},upperdir={folder / 'changes'},workdir={folder / 'work'}"
    root = folder / "root"
    mount(["-t", "overlay", "overlay", "-o", layers, str(root)], root, stack)
    for name in ("proc", "dev"):
        mount(["--rbind", f"/{name}", str(root / name)], root / name, stack)
    return root


def copy_package_settings(root: Path) -> None:
    """Copy this machine's settings of apt and pip before each step, because a step may have written its own."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    files = [
        value for name, value in os.environ.items() if "CERT" in name or "CA_" in name or name == "PIP_CONFIG_FILE"
    ]
    for file in {Path("/etc/pip.conf"), *map(Path, files)}:
        if file.is_absolute() and file.is_file():
            copy(file, root / file.relative_to("/"), into=False)
    own = Path("~/.config/pip/pip.conf").expanduser()
    if own.is_file():
        copy(own, root / "root/.config/pip/pip.conf", into=False)


def mount(arguments: list[str], where: Path, stack: ExitStack) -> None:
    """Mount until the stack is closed."""
    subprocess.run(["mount", *arguments], check=True)
    stack.callback(subprocess.run, ["umount", "--recursive", "--lazy", str(where)], check=False)


def size_mb(stage: Stage) -> int:
    """Return the size that the image adds to its Debian, in MB."""
    command = ["du", "-sm", str(stage.root.parent / "changes")]
    return int(subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.split()[0])


def check(stage: Stage) -> str:
    """Start broker and daemon as compose.yaml does, on a network of their own."""
    (stage.root / "etc/hosts").write_text("127.0.0.1 localhost broker\n")
    done = subprocess.run(
        [
            *("unshare", "--net", "--", sys.executable, "-m", "tests.docker.trial", str(stage.root), stage.user),
            *(json.dumps(stage.entrypoint + stage.command), json.dumps(stage.healthcheck)),
        ],
        env=os.environ | {"IMAGE_ENVIRONMENT": json.dumps(stage.environment)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed(f"{done.stdout}{done.stderr}".strip()[-2000:])
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
