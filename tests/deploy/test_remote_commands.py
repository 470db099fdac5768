"""Every command that `ishara-deploy` sends, run by a real shell: a file name stays a word of it, whatever it holds."""

import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from deploy import rollout
from deploy.artifact import Artifact, ArtifactUnusable, open_artifact
from deploy.connection import Remote
from deploy.inventory import InventoryInvalid, load_inventory
from deploy.remote_machine import RemoteMachine
from deploy.rollout import BundleDeployment, BundleRollback, WaitPolicy
from deploy.status import Status
from deploy.transfer import remove, send
from edge.installation import steps
from edge.installation.machine import Answer
from edge.installation.plan import Content, Plan
from edge.installation.program import (
    ProgramFiles,
    ProgramUnusable,
    Release,
    activate,
    build,
    is_built,
    open_release,
    rollback,
)
from edge.installation.steps import Command, missing_steps

HOSTILE = (
    "$(touch CANARY)",
    "`touch CANARY`",
    "a; touch CANARY #",
    "' ; touch CANARY ; '",
    '" ; touch CANARY ; "',
    "a && touch CANARY",
    "a\ntouch CANARY\n",
    "{a,b} * ? ~ $HOME \\",
)
HONEST = ("o'brien's wheels", "two  spaces", "-rf", "ملفات", "50% & more", "[1] (copy)")
_PRETENDERS = ("systemd-run", "systemctl", "env", "apt-get", "dpkg-query")
_PRETEND = '#!/bin/sh\n{ printf "%s\\0" "${0##*/}" "$@"; printf "\\n\\0"; } >>"$CALLS"\n'


class LocalRemote(Remote):
    """A host whose commands run here, in its home: what would change the machine only notes how it was called."""

    def __init__(self, folder: Path, home: str) -> None:
        self.home, self._calls, self._programs = folder / home, folder / "calls", folder / "programs"
        self.home.mkdir()
        self._programs.mkdir()
        for name in _PRETENDERS:
            (self._programs / name).write_text(_PRETEND)
            (self._programs / name).chmod(0o755)
        self.entry = cast("Any", type("Entry", (), {"host": "here", "user": "root"}))

    def attempt(self, command: str, *, stdin: str | None = None, as_root: bool = True, within_s: int = 60) -> Answer:
        environment = {"PATH": f"{self._programs}:{os.environ['PATH']}", "CALLS": str(self._calls), "LANG": "C.UTF-8"}
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            input=stdin or "",
            cwd=self.home,
            env=environment,
            text=True,
            capture_output=True,
        )
        return Answer(done.returncode == 0, done.stdout.removesuffix("\n"), done.stderr)

    @contextmanager
    def files(self, within_s: float) -> Iterator[Any]:
        yield _Files(self.home)

    @property
    def calls(self) -> list[list[str]]:
        """The words of each call of a program that would change the machine."""
        text = self._calls.read_text() if self._calls.exists() else ""
        return [call.strip("\0").split("\0") for call in text.split("\0\n\0") if call]


class _Files:
    """The part of SFTP that a transfer uses, in a folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def normalize(self, _path: str) -> str:
        return str(self._home)

    def stat(self, path: str) -> os.stat_result:
        return (self._home / path).stat()

    def mkdir(self, path: str, mode: int) -> None:
        (self._home / path).mkdir(mode)

    def open(self, path: str, mode: str) -> Any:
        return _File(self._home / path, mode)

    def posix_rename(self, old: str, new: str) -> None:
        (self._home / old).replace(self._home / new)


class _File(io.FileIO):
    def set_pipelined(self, *, pipelined: bool) -> None:
        """Do nothing: a file here answers at once."""


@pytest.fixture(params=["o'brien $(touch CANARY)", "` ; touch CANARY #\n"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalRemote]:
    yield (remote := LocalRemote(tmp_path, request.param))
    assert not list(tmp_path.rglob("CANARY")), f"a name was run: {remote.home.name!r}"


def test_files_arrive_and_leave(remote: LocalRemote) -> None:
    for name in HOSTILE + HONEST:
        sent = send(remote, io.BytesIO(name.encode()), name)
        assert sent.sent == len(name.encode())
        assert Path(sent.path).read_bytes() == name.encode()
        assert send(remote, io.BytesIO(name.encode()), name).sent == 0
        remove(remote, sent.path)
        assert not Path(sent.path).exists()


def test_a_release_is_built_from_what_was_sent(remote: LocalRemote, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels ' of ours"
    wheels.mkdir()
    for name in ("numpy-2.4.0-cp313-cp313-manylinux_2_27_aarch64.whl", "ishara-1.0+a.b-py3-none-any.whl"):
        (wheels / name).write_text(name)
    (tmp_path / "exact $(touch CANARY).txt").write_text("numpy==2.4.0 --hash=sha256:0\n")
    app = ProgramFiles(
        wheel=wheels / "ishara-1.0+a.b-py3-none-any.whl",
        lock=tmp_path / "exact $(touch CANARY).txt",
        wheelhouse=wheels,
    )
    machine = RemoteMachine(remote)
    for _ in range(2):  # the wheels are there the second time
        build(machine, open_release(app))
    for name in HOSTILE + HONEST:  # names that no release gets
        release = Release(name, app)
        assert not is_built(machine, release)
        activate(machine, release)
    rollback(machine)
    calls = [call[call.index("-") + 1 :] for call in remote.calls]
    assert calls[0] == calls[1]
    action, release_name, _, wheel, _, sha256, _, lock, _, wheelhouse = calls[0]
    assert (action, release_name) == ("build", open_release(app).name)
    assert Path(wheel).read_text() == app.wheel.name
    assert sha256 == hashlib.sha256(app.wheel.read_bytes()).hexdigest()
    assert Path(lock).read_text() == "numpy==2.4.0 --hash=sha256:0\n"
    assert {path.name for path in Path(wheelhouse).iterdir()} == {path.name for path in wheels.iterdir()}
    assert calls[2:] == [["activate", name] for name in HOSTILE + HONEST] + [["rollback"]]


def test_a_bundle_is_installed_from_where_it_was_sent(remote: LocalRemote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout, "_require_provisioned", lambda _remote: None)
    monkeypatch.setattr(rollout, "_wait", lambda *_: "well")
    monkeypatch.setattr(rollout, "query", lambda _remote: Status("here", reached=True, state="active"))
    policy = WaitPolicy(0.0, until_proven=False)
    for name in HOSTILE + HONEST:  # names that no artifact gets
        artifact = Artifact(name, b"tar", "odd-1")
        BundleDeployment(artifact, "--allow-labels", policy, lambda *_: None, lambda _: lambda *_: None).apply(remote)
        install = next(call for call in reversed(remote.calls) if "install" in call)
        assert install[1:4] == ["STATE_DIRECTORY=/var/lib/ishara", "LANG=C.UTF-8", "/opt/ishara/bin/ishara-edge"]
        digest = hashlib.sha256(b"tar").hexdigest()[:16]
        assert install[4:] == [
            *("models", "install", f"{remote.home}/.cache/ishara/incoming/{digest}/{name}", "--activate"),
            *("--allow-labels", "--config", "/etc/ishara/edge.toml", "--setup"),
        ]
    BundleRollback(policy).apply(remote)
    assert remote.calls[-2][4:] == ["models", "rollback", "--config", "/etc/ishara/edge.toml", "--setup"]


def test_provisioning_writes_what_is_planned_and_removes_other_keys(
    remote: LocalRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    strays = [keys / f"{name}.pub" for name in (*HOSTILE, *HONEST, "gone\n/etc/passwd") if "/" not in name]
    for stray in strays:
        stray.write_text("a key that nobody trusts any more")
    monkeypatch.setattr(steps, "KEYS", str(keys))
    monkeypatch.setattr(steps, "NETWORKS", str(tmp_path / "networks"))
    monkeypatch.setattr(steps, "COMMAND", str(tmp_path / "bin" / "ishara-edge"))
    folder = remote.home / "credstore"
    contents = tuple(Content(f"{folder}/{name}", name.encode(), "600") for name in HOSTILE + HONEST)
    wanted = Plan(
        packages=("python3-venv", *HOSTILE),
        release=Release("1.0-abc", ProgramFiles(wheel=tmp_path / "unused.whl", lock=tmp_path / "unused.txt")),
        config=Content(f"{tmp_path}/edge.toml", b"device = 'a'\n"),
        keys=(Content(f"{keys}/kept.pub", b"kept"),),
        credentials=contents,
        unit=Content(f"{tmp_path}/unit", b"[Unit]\n"),
    )
    missing = missing_steps(RemoteMachine(remote), wanted)
    for command in (one for commands in missing.values() for one in commands if isinstance(one, Command)):
        remote.run(command.text, stdin=command.stdin)
    assert [path.name for path in keys.iterdir()] == ["kept.pub"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: name.encode() for name in HOSTILE + HONEST
    }
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert [
        "apt-get",
        "install",
        *["--yes", "--quiet", "--quiet", "--no-install-recommends"],
        "python3-venv",
        *HOSTILE,
    ] in remote.calls


def refused(app: ProgramFiles, *words: str) -> None:
    with pytest.raises(ProgramUnusable) as caught:
        open_release(app)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_wheel_of_such_a_name_is_refused_before_anything_is_sent(tmp_path: Path, name: str) -> None:
    wheel, lock = tmp_path / "ishara-1.0-py3-none-any.whl", tmp_path / "lock.txt"
    for path in (wheel, lock):
        path.write_text("")
    (tmp_path / f"ishara-{name}-py3-none-any.whl").write_text("")
    odd = tmp_path / f"ishara-{name}-py3-none-any.whl"
    refused(ProgramFiles(wheel=odd, lock=lock), "is not named like a wheel of the program")
    refused(ProgramFiles(wheel=wheel, lock=lock, wheelhouse=tmp_path), "is not named like a wheel")
    with pytest.raises(ArtifactUnusable, match="is neither a bundle"):
        open_artifact(tmp_path / f"ishara-{name}-py3-none-any.whl")


def test_the_name_of_a_bundles_folder_does_not_leave_this_machine(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "manifest.json").write_text('{"name": "odd", "version": 1}')
    plain = open_artifact(tmp_path / "plain")
    assert plain.name == f"{plain.installed_name}.tar"
    for name in HOSTILE + HONEST:
        shutil.copytree(tmp_path / "plain", tmp_path / name)
        assert open_artifact(tmp_path / name) == plain
        (tmp_path / f"{name}.tar").write_bytes(plain.content)
        assert open_artifact(tmp_path / f"{name}.tar") == plain


@pytest.mark.parametrize("key", ["address", "user", "name", "trusted_keys"])
def test_hosts_users_and_keys_of_such_names_are_refused(tmp_path: Path, key: str) -> None:
    for name in (*HOSTILE, "-oProxyCommand=touch CANARY", "ü", "a\n"):
        hosts = {"address": "192.0.2.7", "user": "root", "name": "door"} | {key: name}
        lines = [f"trusted_keys = [{json.dumps(name + '.pub')}]"] if key == "trusted_keys" else []
        lines += ["[hosts.here]", *(f"{one} = {json.dumps(hosts[one])}" for one in ("address", "user", "name"))]
        (tmp_path / "fleet.toml").write_text("\n".join(lines))
        with pytest.raises(InventoryInvalid, match=key):
            load_inventory(tmp_path / "fleet.toml")
