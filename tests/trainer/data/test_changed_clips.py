"""Clips that changed, moved or went since their takes were made."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import StoredTake, Take
from tests.trainer.odd_inputs import Answer, run
from tests.videos import write_video

STAMP = np.float32(0.25)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Three clips: two training clips of one sign, and a test clip of another."""
    root = tmp_path / "data"
    for number, name in enumerate(("train/0001/a", "train/0001/b", "test/0002/c")):
        write_clip(root / f"01/01/{name}.mp4", seed=number)
    return root


def write_clip(path: Path, seed: int) -> None:
    write_video(path, np.random.default_rng(seed).integers(0, 255, (4, 64, 64, 3), np.uint8))


def extract(clips: Path, *more: str) -> Answer:
    return run("extract", clips, "--to", clips.parent / "takes", "--workers", "2", *more)


def takes(clips: Path) -> dict[str, Path]:
    """The takes in use, by name."""
    folder = clips.parent / "takes"
    return {str(path.relative_to(folder))[: -len(".take.npz")]: path for path in sorted(folder.rglob("*.take.npz"))}


def stamp(path: Path, **changes: object) -> None:
    """Change a take so that it can be told from one that is extracted again."""
    take = Take.load(path)
    points = np.full_like(take.points, np.nan)
    points[:, PART_SLICES[Part.POSE]] = STAMP
    Take(points, take.times, replace(take.provenance, **changes)).save(path)  # type: ignore[arg-type]


def is_stamped(path: Path) -> bool:
    return bool((Take.load(path).points[:, PART_SLICES[Part.POSE]] == STAMP).all())


def stamp_all(clips: Path) -> None:
    for path in takes(clips).values():
        stamp(path)


def test_clip_that_moved_to_the_test_clips_keeps_its_landmarks_under_its_new_name(clips: Path) -> None:
    assert extract(clips).code == 0
    stamp_all(clips)
    (clips / "01/01/test/0001").mkdir()
    (clips / "01/01/train/0001/a.mp4").rename(clips / "01/01/test/0001/a.mp4")
    answer = extract(clips)
    assert answer.code == 0
    assert "0 takes created, 3 existed" in answer.output
    assert "clips that moved" in answer.output
    assert "01/01/test/0001/a" in answer.output
    found = takes(clips)
    assert found.keys() == {"01/01/test/0001/a", "01/01/test/0002/c", "01/01/train/0001/b"}
    assert all(map(is_stamped, found.values()))
    moved = Take.load(found["01/01/test/0001/a"]).provenance
    assert (moved.clip, moved.split, moved.sign_id) == ("01/01/test/0001/a", "test", 1)
    assert "clips that moved" not in extract(clips).output


def test_variants_of_a_clip_that_moved_to_the_test_clips_are_no_longer_trained_on(clips: Path) -> None:
    assert extract(clips, "--variants", "1").code == 0
    (clips / "01/01/test/0001").mkdir()
    (clips / "01/01/train/0001/a.mp4").rename(clips / "01/01/test/0001/a.mp4")
    answer = extract(clips, "--variants", "1")
    assert "set aside as *.take.npz.unused: 1, for example a~1.take.npz" in answer.output
    assert takes(clips).keys() == {
        "01/01/test/0001/a",
        "01/01/test/0002/c",
        "01/01/train/0001/b",
        "01/01/train/0001/b~1",
    }


def test_changed_clip_is_extracted_again_and_a_touched_one_is_not(clips: Path) -> None:
    assert extract(clips, "--variants", "1").code == 0
    stamp_all(clips)
    os.utime(clips / "01/01/train/0001/b.mp4", (1e9, 1e9))
    write_clip(clips / "01/01/train/0001/a.mp4", seed=9)
    answer = extract(clips)
    assert "1 takes created, 2 existed" in answer.output
    assert "clips that changed, whose takes were made anew: 1, for example 01/01/train/0001/a" in answer.output
    found = takes(clips)
    assert not is_stamped(found["01/01/train/0001/a"])
    assert is_stamped(found["01/01/train/0001/b"])
    assert is_stamped(found["01/01/train/0001/b~1"]), "a variant that was not asked for this time stays"
    assert "01/01/train/0001/a~1" not in found, "a variant of the old content stays in use"
    touched = Take.load(found["01/01/train/0001/b"]).provenance.extraction
    assert touched is not None
    assert touched.clip_modified_ns == 10**18


def test_changed_clip_that_cannot_be_read_leaves_no_take_of_its_old_content(clips: Path) -> None:
    assert extract(clips).code == 0
    (clips / "01/01/train/0001/a.mp4").write_bytes(b"no video")
    answer = extract(clips)
    assert answer.code == 1
    assert "01/01/train/0001/a" not in takes(clips)
    assert "set aside as *.take.npz.unused: 1, for example a.take.npz" in answer.output


def test_take_of_a_clip_that_went_is_set_aside_and_returns_with_it(clips: Path) -> None:
    assert extract(clips).code == 0
    stamp_all(clips)
    (clips / "01/01/train/0001/a.mp4").rename(clips.parent / "a.mp4")
    answer = extract(clips)
    assert answer.code == 0
    assert "takes of clips that are gone or changed, set aside as *.take.npz.unused: 1" in answer.output
    assert "01/01/train/0001/a" not in takes(clips)
    (clips.parent / "a.mp4").rename(clips / "01/01/train/0001/a.mp4")
    assert "0 takes created, 3 existed" in extract(clips).output
    assert is_stamped(takes(clips)["01/01/train/0001/a"])
    assert not list((clips.parent / "takes").rglob("*.unused"))


def test_takes_of_clips_that_were_not_asked_for_stay(clips: Path) -> None:
    assert extract(clips, "--variants", "1").code == 0
    before = takes(clips).keys()
    assert "set aside" not in extract(clips, "--signs", "2").output
    assert "set aside" not in extract(clips, "--split", "test").output
    assert takes(clips).keys() == before


def test_split_that_a_list_of_clips_changes_is_corrected_in_place(clips: Path) -> None:
    rows = "path,word,signer,split\n01/01/train/0001/a.mp4,heart,01,{}\n01/01/train/0001/b.mp4,lung,01,train\n"
    (clips / "clips.csv").write_text(rows.format("train"))
    assert extract(clips, "--variants", "1").code == 0
    stamp_all(clips)
    (clips / "clips.csv").write_text(rows.format("test"))
    answer = extract(clips, "--variants", "1")
    assert answer.code == 0, answer.errors
    (moved,) = [path for name, path in takes(clips).items() if name.endswith("/a")]
    assert is_stamped(moved)
    assert Take.load(moved).provenance.split == "test"
    assert not [name for name in takes(clips) if name.endswith("a~1")]


def test_face_that_is_asked_for_later_is_extracted(clips: Path) -> None:
    assert extract(clips).code == 0
    stamp_all(clips)
    assert "3 takes created, 0 existed" in extract(clips, "--face").output
    known = Take.load(takes(clips)["01/01/train/0001/a"]).provenance.extraction
    assert known is not None
    assert Part.FACE in known.parts
    assert "0 takes created, 3 existed" in extract(clips, "--face").output
    assert "0 takes created, 3 existed" in extract(clips).output, "takes with more than was asked for are right"


def test_takes_of_an_earlier_release_are_believed_unless_older_than_their_clips(clips: Path) -> None:
    assert extract(clips).code == 0
    for path in takes(clips).values():
        stamp(path, extraction=None)
    os.utime(takes(clips)["01/01/train/0001/b"], (1e9, 1e9))
    assert "1 takes created, 2 existed" in extract(clips).output
    assert is_stamped(takes(clips)["01/01/train/0001/a"])
    assert not is_stamped(takes(clips)["01/01/train/0001/b"])
    write_clip(clips / "01/01/train/0001/a.mp4", seed=9)
    assert "clips that changed" in extract(clips).output, "a take that was believed knows its clip from then on"


def test_folder_of_images_that_changes_is_noticed(clips: Path) -> None:
    folder = clips / "01/01/train/0001/frames"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number:02}.png"), np.full((64, 64, 3), 50 * number, np.uint8))
    assert extract(clips).code == 0
    (folder / "02.png").rename(folder / "05.png")
    assert "clips that changed, whose takes were made anew: 1" in extract(clips).output
    assert StoredTake.load(takes(clips)["01/01/train/0001/frames"]).duration == pytest.approx(5 / 30)


def test_another_data_set_in_the_same_folder_stays_and_is_never_mixed(clips: Path) -> None:
    other = clips.parent / "other"
    write_clip(other / "02/02/train/0001/d.mp4", seed=5)
    assert extract(clips).code == extract(other).code == 0
    answer = extract(clips)
    assert "0 takes created, 3 existed" in answer.output
    assert "takes of no clip in this data set, to be moved elsewhere unless they are of another data set: 1" in (
        answer.output
    )
    assert "02/02/train/0001/d" in takes(clips)
    write_clip(other / "01/01/train/0001/a.mp4", seed=6)
    before = {path: path.read_bytes() for path in takes(clips).values()}
    refused = extract(other)
    assert refused.code == 2
    assert "of a clip of the same name in another data set" in refused.errors
    assert {path: path.read_bytes() for path in takes(clips).values()} == before


def test_data_set_that_was_copied_elsewhere_keeps_its_takes(clips: Path) -> None:
    assert extract(clips).code == 0
    stamp_all(clips)
    shutil.copytree(clips, clips.parent / "copy", copy_function=shutil.copyfile)
    assert "0 takes created, 3 existed" in extract(clips.parent / "copy").output
    assert all(map(is_stamped, takes(clips).values()))
