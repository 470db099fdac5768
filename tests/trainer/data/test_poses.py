"""Key points of others in `.pose` files, in and out."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take
from models.labels import Sign, labels_json, read_labels
from models.sign_number import number_of_word
from tests.synthetic_takes import make_take
from tests.trainer.odd_inputs import run
from tests.trainer.pose_files import POINTS, moving, pose_bytes, write_pose, write_poses
from trainer.data.holistic_pose import FINGERPRINT, to_pose

WORDS, PEOPLE = ["coffee", "water"], ["p2", "p5", "p6"]


def import_one(folder: Path, content: bytes) -> Take:
    """Import one file and return its take."""
    (folder / "poses" / "coffee").mkdir(parents=True)
    (folder / "poses" / "coffee" / "a.pose").write_bytes(content)
    answer = run("import-pose", folder / "poses", "--to", folder / "takes", "--workers", "1")
    assert answer.code == 0, answer.output
    return Take.load(folder / "takes/coffee/a.take.npz")


@pytest.mark.parametrize("version", [0.1, 0.2])
def test_points_are_found_by_their_names_in_widths_of_the_picture(tmp_path: Path, version: float) -> None:
    values, confidence = moving()
    confidence[2, 8:29] = 0.0  # the right hand was not found
    take = import_one(tmp_path, pose_bytes(values, confidence, version))
    np.testing.assert_allclose(take.times, np.arange(4) / 25)
    pose, hand = take.points[:, PART_SLICES[Part.POSE]], take.points[:, PART_SLICES[Part.RIGHT_HAND]]
    np.testing.assert_allclose(pose[1, LEFT_SHOULDER], [111 / 500, 51 / 500, -0.125], atol=1e-4)
    np.testing.assert_allclose(pose[1, RIGHT_WRIST], [114 / 500, 54 / 500, -0.125], atol=1e-4)
    np.testing.assert_allclose(hand[1, 0], [118 / 500, 58 / 500, -0.125], atol=1e-4)
    np.testing.assert_allclose(take.points[0, 17], [106 / 500, 56 / 500, -0.125], atol=1e-4)
    assert take.visible(Part.RIGHT_HAND).tolist() == [True, True, False, True]
    assert not take.visible(Part.LEFT_HAND).any()
    assert np.isfinite(take.points[0, :, 0]).sum() == POINTS - 2  # without the iris and the point in metres
    assert take.provenance.landmarker == FINGERPRINT


def test_depth_that_was_moved_with_the_pixels_counts_from_the_first_point(tmp_path: Path) -> None:
    values, confidence = moving()
    values[..., 2] = 250.0 + np.arange(POINTS)
    hand = import_one(tmp_path, pose_bytes(values, confidence)).points[0, PART_SLICES[Part.RIGHT_HAND]]
    np.testing.assert_allclose(hand[:, 2], np.arange(21) / 500, atol=1e-4)


def test_flat_points_have_no_depth(tmp_path: Path) -> None:
    take = import_one(tmp_path, pose_bytes(*moving(dimensions=2)))
    assert take.visible(Part.POSE).all()
    assert np.isnan(take.points[..., 2]).all()


def refused() -> dict[str, tuple[bytes, str]]:
    values, confidence = moving()
    whole = pose_bytes(values, confidence)
    others = {"pose_keypoints_2d": ["Nose"] * POINTS}
    return {
        "text": (b"no pose", "ends too early"),
        "empty": (b"", "ends too early"),
        "truncated": (whole[:-1], "ends too early"),
        "later": (pose_bytes(values, confidence, version=0.3), "version is 0.3, and 0.1 and 0.2 are read"),
        "two people": (pose_bytes(values, confidence, people=2), "shows 2 people instead of one"),
        "no frames": (pose_bytes(values[:0], confidence[:0]), "has no frames"),
        "no rate": (pose_bytes(values, confidence, rate=float("nan")), "nan frames a second"),
        "openpose": (
            pose_bytes(values, confidence, components=others),
            "no point of MediaPipe Holistic.*pose_keypoints",
        ),
        "nothing seen": (pose_bytes(values, 0 * confidence), "no point of MediaPipe Holistic"),
        "overlong": (pose_bytes(*moving(9001)), "more than 9,000 frames"),
    }


def test_files_that_cannot_be_read_are_named_and_the_others_imported(tmp_path: Path) -> None:
    write_pose(tmp_path / "poses/coffee/whole.pose")
    for name, (content, _) in refused().items():
        (tmp_path / "poses/coffee" / f"{name}.pose").write_bytes(content)
    answer = run("import-pose", tmp_path / "poses", "--to", tmp_path / "takes", "--workers", "1")
    assert answer.code == 1
    assert f"1 takes created, 0 existed, {len(refused())} clips could not be read" in answer.output
    for name, (_, reason) in refused().items():
        (line,) = [line for line in answer.output.splitlines() if f"{name}.pose" in line]
        assert re.search(reason, line), line


def test_words_and_signers_come_from_the_names_and_videos_beside_are_left(tmp_path: Path) -> None:
    poses = write_poses(tmp_path / "poses", WORDS, PEOPLE)
    (poses / "coffee" / "p2_01.mp4").write_text("no video")
    command = ("import-pose", poses, "--to", tmp_path / "takes", "--workers", "1", "--signer-from", "{signer}_*")
    answer = run(*command)
    assert answer.code == 0
    assert "6 takes created" in answer.output
    assert "1 entry skipped, for example coffee/p2_01.mp4" in answer.output
    assert "devices refuse a bundle" in answer.errors
    provenances = [Take.load(path).provenance for path in (tmp_path / "takes").rglob("*.take.npz")]
    signs = {(number_of_word(word), person) for word in WORDS for person in PEOPLE}
    assert {(one.sign_id, one.signer) for one in provenances} == signs
    assert [sign.word for sign in read_labels(tmp_path / "takes/labels.json")] == sorted(WORDS, key=number_of_word)
    assert "0 takes created, 6 existed" in run(*command).output


def test_extract_names_the_command_that_reads_key_points(tmp_path: Path) -> None:
    poses = write_poses(tmp_path / "poses", WORDS, PEOPLE)
    sentence = run("extract", poses, "--to", tmp_path / "takes").sentence
    assert "coffee/p2_01.pose (key points, which import-pose reads)" in sentence


def test_exported_takes_come_back_as_they_were(tmp_path: Path) -> None:
    takes, poses, back = (tmp_path / name for name in ("takes", "poses", "back"))
    original = make_take(5, provenance=Provenance("a/b", "x", "p2", "test", 7))
    original.save(takes / "a/b.take.npz")
    make_take(5, provenance=Provenance("a/b", "x", "p2", "test", 7, variant=1)).save(takes / "a/b~1.take.npz")
    coffee = Sign(sign_id=number_of_word("قهوة"), word="قهوة", word_en="coffee")
    make_take(6, provenance=Provenance("c", "x", "p5", "train", coffee.sign_id)).save(takes / "c.take.npz")
    (takes / "labels.json").write_bytes(labels_json((Sign(sign_id=7, word="سبعة", word_en="Seven"), coffee)))
    answer = run("export-pose", takes, "--to", poses)
    assert (answer.code, "2 pose files written" in answer.output) == (0, True)
    with (poses / "clips.csv").open(newline="", encoding="utf-8") as file:
        rows = [tuple(row) for row in csv.reader(file)]
    assert rows[1:] == [("a/b.pose", "7", "Seven", "p2", "test"), ("c.pose", "قهوة", "coffee", "p5", "train")]
    labels = ("--labels", poses / "labels.json")
    assert run("import-pose", poses, "--to", back, "--workers", "1", *labels).code == 0
    take = Take.load(back / "a/b.take.npz")
    np.testing.assert_allclose(take.points, Take.load(takes / "a/b.take.npz").points, atol=1e-4)
    np.testing.assert_allclose(take.times, original.times - original.times[0], atol=1e-6)
    assert (take.provenance.sign_id, take.provenance.signer, take.provenance.split) == (7, "p2", "test")
    assert read_labels(back / "labels.json") == read_labels(takes / "labels.json")


def test_frames_that_a_take_lacks_are_empty(tmp_path: Path) -> None:
    pose = to_pose(make_take(times=[0.0, 0.1, 0.201, 0.5, 0.6]))  # of stamps in milliseconds
    assert pose.rate == pytest.approx(10.0)
    assert (pose.confidence.max(1) > 0).tolist() == [True, True, True, False, False, True, True]


def test_take_with_a_pause_of_hours_is_named(tmp_path: Path) -> None:
    make_take(times=[0.0, 0.1, 0.2, 7200.0], provenance=Provenance("a/long", "x")).save(tmp_path / "takes/a.take.npz")
    answer = run("export-pose", tmp_path / "takes", "--to", tmp_path / "poses")
    assert answer.code == 1
    assert "the take of a/long has such pauses that a pose file" in answer.output


def test_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    make_take(5).save(tmp_path / "takes/a.take.npz")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert "is not an empty folder" in run("export-pose", tmp_path / "takes", "--to", tmp_path / "mine").sentence
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    assert "holds no takes" in run("export-pose", tmp_path / "mine", "--to", tmp_path / "out").sentence
    file = tmp_path / "mine/notes.txt"
    assert "is a file, not a folder" in run("export-pose", tmp_path / "takes", "--to", file).sentence
