import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from landmarkers.frame import Frame
from landmarkers.layout import Part
from landmarkers.take import Take
from models.labels import Sign, read_labels
from trainer.cli.main import main as trainer
from trainer.data.video_augmentation import augment_video


def extract_command(dataset: Path, to: Path, *more: str) -> list[str]:
    return ["extract", str(dataset), "--to", str(to), "--workers", "2", *more]


def test_both_kinds_of_clip_become_takes_and_a_second_run_does_nothing(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "takes"
    assert trainer(extract_command(dataset, to, "--signs", "1,2")) == 0
    assert "3 takes created" in capsys.readouterr().out
    folder = Take.load(to / "01/01/test/0001/frames.take.npz")
    np.testing.assert_allclose(folder.times, np.array([0, 3, 8]) / 30)
    video = Take.load(to / "01/01/train/0002/clip.take.npz")
    assert (video.provenance.signer, video.provenance.split, video.provenance.sign_id) == ("01", "train", 2)
    assert video.visible(Part.POSE).all()
    assert trainer(extract_command(dataset, to, "--signs", "1,2")) == 0
    assert "0 takes created, 3 existed" in capsys.readouterr().out


def test_variants_are_extracted_from_training_clips_only(dataset: Path, tmp_path: Path) -> None:
    to = tmp_path / "takes"
    assert trainer(extract_command(dataset, to, "--signs", "1", "--variants", "1")) == 0
    found = sorted(str(path.relative_to(to)) for path in to.rglob("*.take.npz"))
    assert found == [
        "01/01/test/0001/frames.take.npz",
        "01/01/train/0001/clip.take.npz",
        "01/01/train/0001/clip~1.take.npz",
    ]
    assert Take.load(to / "01/01/train/0001/clip~1.take.npz").provenance.variant == 1


def test_unreadable_clips_are_listed_and_counted(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dataset / "01/01/train/0002/clip.mp4").write_bytes(b"no video")
    (dataset / "01/01/test/0001/frames/x_0004.jpg").write_bytes(b"no picture")
    assert trainer(extract_command(dataset, tmp_path / "takes", "--signs", "1,2")) == 1
    output = capsys.readouterr().out
    assert "1 takes created, 0 existed, 2 clips could not be read" in output
    assert "0002/clip.mp4" in output
    assert "x_0004.jpg" in output


def test_clip_on_which_a_worker_stands_still_is_named_and_the_others_are_read(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(dataset / "01/01/test/0001/frames/x_0010.jpg")  # nobody ever writes into it
    command = extract_command(dataset, tmp_path / "takes", "--signs", "1,2", "--clip-timeout", "3")
    assert trainer(command) == 1
    output = capsys.readouterr().out
    assert "2 takes created, 0 existed, 1 clips could not be read" in output
    assert "0001/frames made its worker stand still" in output


def test_overlong_clip_is_reported_before_any_work_on_it_and_the_others_are_read(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = shutil.which("ffmpeg")
    assert program is not None
    source = ["-f", "lavfi", "-i", "color=size=16x16:rate=30:duration=301"]
    subprocess.run([program, "-v", "error", "-y", *source, dataset / "01/01/train/0002/clip.mp4"], check=True)
    started = time.monotonic()
    assert trainer(extract_command(dataset, tmp_path / "takes", "--signs", "1,2")) == 1
    assert time.monotonic() - started < 60.0
    output = capsys.readouterr().out
    assert "2 takes created, 0 existed, 1 clips could not be read" in output
    assert "0002/clip.mp4 has more than 9,000 frames; cut it into shorter clips" in output


def test_name_that_would_change_the_terminal_is_escaped(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = dataset / "01/01/train/0002/red\x1b[31m"
    frames.mkdir()
    cv2.imwrite(str(frames / "0001.png"), np.zeros((16, 16, 3), np.uint8))
    assert trainer(extract_command(dataset, tmp_path / "takes", "--signs", "2")) == 0
    assert r"01/01/train/0002/red\x1b[31m" in capsys.readouterr().out


def test_killed_extraction_resumes_and_leaves_no_partial_take(dataset: Path, tmp_path: Path) -> None:
    to = tmp_path / "takes"
    command = [sys.executable, "-m", "trainer", *extract_command(dataset, to, "--variants", "2")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    while not list(to.rglob("*.take.npz")):
        assert process.poll() is None, "the extraction ended before it could be killed"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    early = {path: path.stat().st_mtime_ns for path in to.rglob("*.take.npz") if not path.name.startswith(".")}
    assert 0 < len(early) < 25
    assert trainer(extract_command(dataset, to, "--variants", "2")) == 0
    takes = list(to.rglob("*.take.npz*"))
    assert len(takes) == 8 * 3 + 1
    assert not [path for path in takes if path.name.startswith(".")]
    for path in takes:
        Take.load(path)
    assert all(path.stat().st_mtime_ns == written for path, written in early.items())


def test_killed_worker_is_replaced_and_its_clip_retried(dataset: Path, tmp_path: Path) -> None:
    to = tmp_path / "takes"
    command = [sys.executable, "-m", "trainer", *extract_command(dataset, to, "--json")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.PIPE)
    while not list(to.rglob("*.take.npz")):
        assert process.poll() is None, "the extraction ended before a worker could be killed"
        time.sleep(0.01)
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    output, _ = process.communicate()
    assert process.returncode == 0
    assert (json.loads(output)["created"], json.loads(output)["unreadable"]) == (9, [])
    takes = list(to.rglob("*.take.npz*"))
    assert len(takes) == 9
    for path in takes:
        Take.load(path)


def workers(pid: int) -> list[int]:
    """Return the worker processes of a process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_visibility_is_reported_for_each_signer(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    assert trainer(extract_command(dataset, tmp_path / "takes", "--signs", "1", "--json", "--html", str(page))) == 0
    output = json.loads(capsys.readouterr().out)
    assert output["signers"].keys() == {"all", "01"}
    everyone = output["signers"]["all"]
    assert (everyone["takes"], everyone["frames"], everyone["min_frames"], everyone["max_frames"]) == (2, 7, 3, 4)
    assert everyone["body_fraction"] == 1.0
    assert output["lengths"] == {"3": 1, "4": 1}
    assert ("01/01/test/0001/frames" in output["takes_without_hands"]) == (everyone["any_hand_fraction"] == 0.0)
    html = page.read_text()
    assert "signer 01" in html
    assert 'src="http' not in html
    # Existing takes are reported as well.
    assert trainer(extract_command(dataset, tmp_path / "takes", "--signs", "1", "--json")) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["created"], again["existing"], again["signers"]) == (0, 2, output["signers"])


def test_cluster_option_requires_ray(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        trainer(extract_command(dataset, tmp_path / "takes", "--cluster", "auto"))
    assert exit_info.value.code == 2
    assert "--cluster needs --engine ray" in capsys.readouterr().err


def test_missing_data_set_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trainer(extract_command(tmp_path / "none", tmp_path / "takes")) == 2
    assert capsys.readouterr().err.startswith("ishara-trainer: the data set folder")


def test_video_augmentation_depends_only_on_clip_and_variant() -> None:
    frames = [
        Frame(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8), number / 30) for number in range(6)
    ]
    first, again = ([frame.image for frame in augment_video(frames, "a", 1)] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, [frame.image for frame in augment_video(frames, "b", 1)])


def test_every_third_view_is_dark_blurred_or_small() -> None:
    frames = [Frame(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8), 0.0)]
    good, poor = ([next(augment_video(frames, name, variant)).image for name in "abcdefgh"] for variant in (2, 3))
    assert all(image.shape == (64, 64, 3) and image.mean() > 75 for image in good)
    small = [image for image in poor if len(image) > 100]
    dark = [image for image in poor if image.mean() < 65]
    blurred = [image for image in poor if len(image) == 64 and image.mean() > 75 and image.std() < 45]
    assert len(small) + len(dark) + len(blurred) == len(poor)
    assert min(len(small), len(dark), len(blurred)) > 0


def test_real_clips_of_both_kinds_become_takes(karsl: Path, tmp_path: Path) -> None:
    assert trainer(extract_command(karsl / "karsl-502", tmp_path, "--signs", "40")) == 0
    assert trainer(["extract", str(karsl / "vocabulary-190"), "--to", str(tmp_path / "v"), "--signs", "100"]) == 0
    video = Take.load(next((tmp_path / "01/01/test/0040").glob("*.take.npz")))
    assert len(video) == 27
    hands = video.visible(Part.LEFT_HAND) | video.visible(Part.RIGHT_HAND)
    assert hands.mean() > 0.9
    assert read_labels(tmp_path / "labels.json") == (Sign(sign_id=40, word="ذ", word_en="dhaal", kind="letter"),)
