"""The wheel that is made again from an installation."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from edge.installation.own_program import _repacked, own_lock
from edge.installation.program import ProgramFiles, ProgramUnusable, open_release, program_version

FILES = {
    "ishara/__init__.py": b'"""Text."""\n',
    "edge/data.bin": bytes(range(256)),
    "ishara-9.1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: ishara\nVersion: 9.1\n",
    "ishara-9.1.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def installed(folder: Path, installer: str) -> Distribution:
    """An installation as pip or uv leaves it, with its own notes, a script and compiled code."""
    lines = []
    notes = {"ishara-9.1.dist-info/INSTALLER": installer.encode(), "ishara-9.1.dist-info/direct_url.json": b"{}"}
    for name, content in (FILES | notes).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    lines += [
        "../../../bin/ishara-edge,,\n",
        "ishara/__pycache__/a.cpython-311.pyc,,\n",
        "ishara-9.1.dist-info/RECORD,,\n",
    ]
    (folder / "ishara-9.1.dist-info/RECORD").write_text("".join(lines))
    return Distribution.at(folder / "ishara-9.1.dist-info")


def test_the_same_files_are_one_wheel_whoever_installed_them(tmp_path: Path) -> None:
    wheels = []
    for installer in ("pip", "uv"):
        (tmp_path / f"{installer}-wheel").mkdir()
        wheels.append(_repacked(installed(tmp_path / installer, installer), tmp_path / f"{installer}-wheel"))
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    assert program_version(wheels[0]) == "9.1"
    with zipfile.ZipFile(wheels[0]) as wheel:
        assert {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("RECORD")} == FILES


def test_pip_installs_the_wheel(tmp_path: Path) -> None:
    wheel = _repacked(installed(tmp_path / "from", "uv"), tmp_path)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--target",
        str(tmp_path / "to"),
        str(wheel),
    ]
    subprocess.run(pip, check=True)
    assert (tmp_path / "to/edge/data.bin").read_bytes() == FILES["edge/data.bin"]


def test_a_changed_or_missing_file_is_refused(tmp_path: Path) -> None:
    program = installed(tmp_path / "from", "pip")
    (tmp_path / "from/edge/data.bin").write_bytes(b"another")
    with pytest.raises(ProgramUnusable, match=r"edge/data\.bin of this installation was changed"):
        _repacked(program, tmp_path)
    (tmp_path / "from/edge/data.bin").unlink()
    with pytest.raises(ProgramUnusable, match="cannot be read"):
        _repacked(program, tmp_path)


def test_the_lock_of_a_device_is_found(tmp_path: Path) -> None:
    assert "numpy==" in own_lock().read_text(encoding="utf-8")
    wheel = tmp_path / "ishara-1.0-py3-none-any.whl"
    wheel.write_bytes(b"")
    assert open_release(ProgramFiles(wheel, own_lock())).name.startswith("1.0-")
