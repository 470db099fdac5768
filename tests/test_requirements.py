"""The locks in requirements/ have everything that pyproject.toml names, each file with its SHA-256."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = ROOT / "requirements"
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())
HASH: Final = r"--hash=sha256:[0-9a-f]{64}"


def pins(lock: str) -> dict[str, str]:
    """Return the versions by name. Every entry must be exact and have hashes."""
    lines = (LOCKS / lock).read_text().replace("\\\n", " ").splitlines()
    versions: dict[str, str] = {}
    for line in (line for line in lines if line and not line.startswith(("#", "--only-binary :all:"))):
        found = re.fullmatch(rf"([a-z0-9-]+)==([^ ;]+)( ; [^#-]+?)?(\s+{HASH})+", line)
        assert found, f"{lock}: {line[:100]}"
        assert found[1] not in versions, f"{lock} has {found[1]} twice"
        versions[found[1]] = found[2]
    return versions


def wanted(extra: str) -> list[Requirement]:
    """Return what the project needs with an extra, without what that needs in turn."""
    found: list[Requirement] = [Requirement(one) for one in PROJECT["project"]["dependencies"]]
    for one in map(Requirement, PROJECT["project"]["optional-dependencies"][extra]):
        found += [one] if one.name != "ishara" else [more for part in one.extras for more in wanted(part)]
    return found


@pytest.mark.parametrize(
    ("lock", "needs"),
    [
        ("web.txt", wanted("web") + wanted("opencv")),
        ("mediapipe.txt", wanted("web") + wanted("mediapipe")),
        ("piper.txt", wanted("web") + wanted("opencv") + wanted("piper")),
        ("demo.txt", wanted("demo")),
        ("dev.txt", [one for one in wanted("dev") if one.name != "torch"]),
        ("mlflow.txt", [one for one in wanted("mlflow") if one.name != "torch"]),
        ("build.txt", [Requirement(one) for one in PROJECT["dependency-groups"]["build"]]),
        ("torch.txt", [one for one in wanted("dev") if one.name == "torch"]),
        ("torch-cpu.txt", [one for one in wanted("dev") if one.name == "torch"]),
    ],
)
def test_a_lock_has_what_the_project_names(lock: str, needs: list[Requirement]) -> None:
    there = pins(lock)
    assert needs
    for need in needs:
        version = there.get(canonicalize_name(need.name))
        assert version is not None, f"{need} is not in {lock}: make lock"
        assert need.specifier.contains(version), f"{lock} has {need.name} {version}, not {need.specifier}: make lock"


def test_no_extra_is_forgotten() -> None:
    everywhere = {name for lock in LOCKS.glob("*.txt") for name in pins(lock.name)}
    for extra in PROJECT["project"]["optional-dependencies"].keys() - {"journal"}:  # that one is built from its source
        assert {canonicalize_name(need.name) for need in wanted(extra)} <= everywhere, extra


def test_locks_agree() -> None:
    everything = pins("dev.txt")
    for lock in ("web.txt", "mediapipe.txt", "piper.txt", "demo.txt", "build.txt", "mlflow.txt", "torch.txt"):
        others = {name: version for name, version in pins(lock).items() if everything.get(name, version) != version}
        assert not others, f"{lock} has other versions than dev.txt: {others}"
    torch = pins("torch-cpu.txt")["torch"]
    assert torch == f"{pins('torch.txt')['torch']}+cpu", "requirements/torch-cpu.txt says how it is renewed"
    for_cuda = [name for name in everything if name.startswith(("nvidia-", "cuda-")) or name in ("torch", "triton")]
    assert not for_cuda, "requirements/cuda.in keeps these out of dev.txt"


def test_each_lock_has_one_build_of_opencv_and_all_the_same_version() -> None:
    builds = {
        path.name: {name: version for name, version in pins(path.name).items() if name.startswith("opencv-")}
        for path in LOCKS.glob("*.txt")
    }
    assert {name for name, owners in builds.items() if len(owners) > 1} == set()
    assert list(builds["web.txt"]) == ["opencv-python-headless"]
    assert len({version for owners in builds.values() for version in owners.values()}) == 1


def test_a_device_has_nothing_of_mediapipe() -> None:
    assert pins("web.txt").keys() & {"mediapipe", "matplotlib", "fonttools", "sounddevice", "scipy", "numba"} == set()


def test_the_project_is_built_with_what_is_locked() -> None:
    assert set(PROJECT["build-system"]["requires"]) <= set(PROJECT["dependency-groups"]["build"])


def test_no_lock_names_a_package_index() -> None:
    for path in LOCKS.iterdir():
        assert not re.search(r"://|--(extra-)?index-url|--find-links", path.read_text()), path.name
