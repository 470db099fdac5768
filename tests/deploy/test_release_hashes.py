"""The installer of a device and real pip: no file is installed whose SHA-256 is not stated."""

import hashlib
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from edge.installation import releases
from edge.installation.releases import ReleaseRefused, build_release


def make_wheel(folder: Path, name: str, *metadata: str, code: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": "\n".join(("Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *metadata)),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for file, content in files.items():
            wheel.writestr(zipfile.ZipInfo(file), content)  # with the same time always, and so the same SHA-256
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A device's folder with an active release, a venv with nothing but this machine's pip."""
    for name in ("RELEASES", "ACTIVE"):
        monkeypatch.setattr(releases, name, tmp_path / name.lower())
    monkeypatch.setattr(releases, "CONFIGS", ())
    active = tmp_path / "releases" / "before"
    venv.create(active)
    (packages,) = active.glob("lib/python3*/site-packages")
    pip = find_spec("pip")
    assert pip is not None
    assert pip.origin is not None
    (packages / "pip").symlink_to(Path(pip.origin).parent)
    (active / releases.COMPLETE).write_text("")
    releases.ACTIVE.symlink_to(active)
    return tmp_path


def test_only_what_the_lock_states_is_installed(device: Path) -> None:
    needs = ("Provides-Extra: web", 'Requires-Dist: odd-thing; extra == "web"')
    program = make_wheel(device / "own", "ishara", *needs)
    thing = make_wheel(device / "wheels", "odd_thing", code="TRUE = 1\n")
    lock = device / "lock.txt"
    lock.write_text(f"odd-thing==1.0 --hash=sha256:{digest(thing)}\n")

    def build(name: str, sha256: str = digest(program)) -> Path:
        build_release(name, program, sha256, lock, device / "wheels")
        return releases.RELEASES / name

    with pytest.raises(ReleaseRefused, match=rf"^{program.name} has another SHA-256"):
        build("other-program", "0" * 64)
    lock.write_text("")
    with pytest.raises(ReleaseRefused, match=r"^the program needs odd-thing, which is not in the lock$"):
        build("unlisted")
    lock.write_text(f"odd-thing==1.0 --hash=sha256:{digest(thing)}\n")
    make_wheel(device / "wheels", "odd_thing", code="TRUE = 0\n")
    with pytest.raises(ReleaseRefused, match=rf"^{thing.name} has another SHA-256"):
        build("exchanged")
    assert [path.name for path in releases.RELEASES.iterdir()] == ["before"]

    make_wheel(device / "wheels", "odd_thing", code="TRUE = 1\n")
    release = build("release")
    assert (release / releases.COMPLETE).read_text() == f"{program.name}\n"
    (installed,) = release.glob("lib/python3*/site-packages/odd_thing.py")
    assert installed.read_text() == "TRUE = 1\n"


def test_what_the_lock_no_longer_has_is_removed_from_the_copy_alone(device: Path) -> None:
    program = make_wheel(device / "own", "ishara", "Provides-Extra: web")
    lock = device / "lock.txt"
    for name in ("old_build", "new_build"):
        thing = make_wheel(device / "wheels", name)
        lock.write_text(f"{name.replace('_', '-')}==1.0 --hash=sha256:{digest(thing)}\n")
        build_release(name, program, digest(program), lock, device / "wheels")
        releases.ACTIVE.unlink()
        releases.ACTIVE.symlink_to(releases.RELEASES / name)
    found = sorted(path.relative_to(releases.RELEASES) for path in releases.RELEASES.rglob("*_build.py"))
    assert [(path.parts[0], path.name) for path in found] == [
        ("new_build", "new_build.py"),
        ("old_build", "old_build.py"),
    ]
