from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkers.factory import landmarker_fingerprint
from landmarkers.layout import (
    DEFAULT_PARTS,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    PART_SLICES,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    WRIST,
    Part,
)
from landmarkers.take import Take
from models.labels import read_labels
from tests.trainer.data.test_label_file import write_xlsx
from trainer.cli.main import main as trainer
from trainer.data.keypoints import FINGERPRINT

POSE, FACE, NAMED_RIGHT, NAMED_LEFT = slice(0, 6), slice(6, 142), slice(142, 163), slice(163, 184)
CLIP = "01_01_0071_(10_11_16)_c"


def keypoints(frames: int = 4) -> NDArray[np.float64]:
    """Return a signer who raises the right hand, which the files name left."""
    points = np.zeros((frames, 184, 4))
    #            shoulders               elbows                  wrists, the left one first
    points[:, POSE, :2] = [(0.7, 0.5), (0.3, 0.5), (0.8, 0.7), (0.2, 0.7), (0.8, 0.9), (0.35, 0.4)]
    points[:, FACE, :2] = np.linspace((0.4, 0.2), (0.6, 0.3), 136)
    points[:, NAMED_LEFT, :3] = np.linspace((0.35, 0.4, 0.0), (0.4, 0.3, 0.1), 21)
    points[..., 3] = np.nan  # hands and faces carry no visibility
    return points


def write(root: Path, clips: dict[str, NDArray[Any]], folder: str = "01-train", sign: int = 71) -> Path:
    (root / folder).mkdir(parents=True, exist_ok=True)
    np.savez_compressed(root / folder / f"{sign:04}.npz", **clips)  # type: ignore[arg-type]
    return root


def run_import(root: Path, to: Path, *more: str) -> int:
    return trainer(["import-npz", str(root), "--to", str(to), "--workers", "1", *more])


def test_points_are_converted_to_the_layout(tmp_path: Path) -> None:
    clip = keypoints()
    clip[2, NAMED_LEFT] = 0.0
    clip[3, POSE] = 0.0
    root = write(tmp_path / "kps", {CLIP: clip})
    assert run_import(root, tmp_path / "takes", "--aspect", "0.5", "--rate", "15") == 0
    take = Take.load(tmp_path / "takes" / "01/01/train/0071" / f"{CLIP}.take.npz")
    np.testing.assert_allclose(take.times, np.arange(4) / 15)
    pose = take.points[:, PART_SLICES[Part.POSE]]
    for number, position in ((LEFT_SHOULDER, (0.7, 0.25)), (RIGHT_SHOULDER, (0.3, 0.25)), (RIGHT_WRIST, (0.35, 0.2))):
        np.testing.assert_allclose(pose[0, number, :2], position, atol=1e-3)
    right = take.points[:, PART_SLICES[Part.RIGHT_HAND]]
    np.testing.assert_allclose(right[0, [WRIST, 20]], [(0.35, 0.2, 0.0), (0.4, 0.15, 0.1)], atol=1e-3)
    assert take.visible(Part.RIGHT_HAND).tolist() == [True, True, False, True]
    assert take.visible(Part.POSE).tolist() == [True, True, True, False]
    assert not take.visible(Part.LEFT_HAND).any()
    # The pose's nose is computed from the face and lies in its middle.
    assert 0.4 < pose[0, NOSE, 0] < 0.6
    assert 0.1 < pose[0, NOSE, 1] < 0.15
    assert np.isnan(pose[0, 23]).all()  # the files contain no hips
    face = take.points[0, PART_SLICES[Part.FACE]]
    assert (~np.isnan(face[:, 0])).sum() == 128
    np.testing.assert_allclose(face[0, :2], (0.4, 0.1), atol=1e-3)


def test_pose_overrides_the_name_of_a_hand(tmp_path: Path) -> None:
    clip = keypoints()
    clip[:, NAMED_RIGHT], clip[:, NAMED_LEFT] = clip[:, NAMED_LEFT].copy(), 0.0
    assert run_import(write(tmp_path / "kps", {CLIP: clip}), tmp_path / "takes") == 0
    take = Take.load(next((tmp_path / "takes").rglob("*.take.npz")))
    assert take.visible(Part.RIGHT_HAND).all()
    assert float(np.linalg.norm(take.points[0, PART_SLICES[Part.POSE]][LEFT_WRIST, :2] - (0.8, 0.9))) < 1e-3


def test_takes_carry_their_provenance_and_devices_refuse_bundles_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(tmp_path / "kps", {CLIP: keypoints()}, "03-test")
    write_xlsx(tmp_path / "labels.xlsx", ["SignID", "Sign-Arabic", "Sign-English"], [71, "هيكل عظمي", "Skeleton"])
    assert run_import(root, tmp_path / "takes", "--labels", str(tmp_path / "labels.xlsx")) == 0
    assert "devices refuse a bundle" in capsys.readouterr().err
    provenance = Take.load(next((tmp_path / "takes").rglob("*.take.npz"))).provenance
    assert (provenance.signer, provenance.split, provenance.sign_id) == ("03", "test", 71)
    assert provenance.clip == f"03/03/test/0071/{CLIP}"
    assert landmarker_fingerprint(DEFAULT_PARTS, provenance.landmarker) != provenance.landmarker == FINGERPRINT
    assert [sign.word_en for sign in read_labels(tmp_path / "takes" / "labels.json")] == ["skeleton"]


def test_second_import_resumes_and_another_aspect_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(tmp_path / "kps", {CLIP: keypoints()})
    assert run_import(root, tmp_path / "takes") == 0
    write(root, {CLIP: keypoints(), "another": keypoints(6)})
    capsys.readouterr()
    assert run_import(root, tmp_path / "takes") == 0
    assert "1 takes created, 1 existed" in capsys.readouterr().out
    assert run_import(root, tmp_path / "takes", "--aspect", "0.75") == 2
    assert "import into another folder" in capsys.readouterr().err


def test_changed_keypoints_are_imported_again_and_those_that_went_are_set_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, takes = write(tmp_path / "kps", {CLIP: keypoints(), "a": keypoints(6), "b": keypoints(6)}), tmp_path / "takes"
    write(root, {"c": keypoints()}, sign=72)
    assert run_import(root, takes) == 0
    write(root, {CLIP: keypoints(), "a": keypoints(7)})
    (root / "01-train/0072.npz").rename(root / "01-train/0073.npz")
    assert run_import(root, takes, "--signs", "71") == 0
    output = capsys.readouterr().out
    assert "1 takes created, 1 existed" in output
    assert "set aside as *.take.npz.unused: 2, for example b.take.npz, c.take.npz" in output
    assert len(Take.load(takes / "01/01/train/0071/a.take.npz")) == 7
    assert sorted(path.name for path in takes.rglob("*.take.npz")) == [f"{CLIP}.take.npz", "a.take.npz"]


def test_keypoints_of_another_data_set_with_the_same_names_are_not_mixed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_import(write(tmp_path / "one", {CLIP: keypoints()}), tmp_path / "takes") == 0
    assert run_import(write(tmp_path / "other", {CLIP: keypoints(6)}), tmp_path / "takes") == 2
    assert "of a clip of the same name in another data set" in capsys.readouterr().err
    assert len(Take.load(next((tmp_path / "takes").rglob("*.take.npz")))) == 4


@pytest.mark.parametrize(
    ("name", "clip", "sentence"),
    [
        (CLIP, np.zeros((4, 184, 3)), "not of frames of 184 points with 4 values"),
        (CLIP, np.zeros((0, 184, 4)), "not of frames"),
        (CLIP, np.zeros((4, 184, 4), int), "its values are int64"),
        (CLIP, keypoints() - [0.7, 0.5, 0.0, 0.0], "each centred on themselves"),
        ("up/../../out", keypoints(), "is not a valid clip name"),
    ],
)
def test_invalid_keypoints_are_listed_and_the_others_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, clip: NDArray[Any], sentence: str
) -> None:
    root = write(tmp_path / "kps", {name: clip, "good": keypoints()})
    (root / "02-test").mkdir()
    (root / "02-test" / "0001.npz").write_bytes(b"PK")
    assert run_import(root, tmp_path / "takes") == 1
    output = capsys.readouterr().out
    assert "1 takes created, 0 existed, 2 clips could not be read" in output
    assert sentence in output
    assert "0001.npz is not a complete NPZ file" in output


def test_folder_without_keypoints_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run_import(tmp_path / "empty", tmp_path / "takes") == 2
    assert "holds no keypoints as <signer>-<train|test>/<sign>.npz" in capsys.readouterr().err
