"""Clips of one's own words, by people of one's own, with the commands of the documentation."""

import json
import shutil
from pathlib import Path

import pytest

from landmarkers.take import Take
from models.labels import read_labels
from models.sign_number import number_of_word
from trainer.cli.main import main as trainer


@pytest.fixture
def own_clips(dataset: Path, tmp_path: Path) -> Path:
    """Return two words by three people, as they come from phones."""
    made = sorted((dataset / "01/01/train").rglob("*.mp4"))
    for number, (word, person) in enumerate(
        (word, person) for word in ("قهوة", "شكرا") for person in ("p2", "p1", "p4")
    ):
        folder = tmp_path / "clips" / word / person
        folder.mkdir(parents=True)
        shutil.copy(made[number], folder / f"VID_{number}.MOV")
    (tmp_path / "clips/قهوة/._VID_1.MOV").touch()
    (tmp_path / "clips/more.zip").touch()
    return tmp_path / "clips"


def test_own_words_are_extracted_and_trained_with_one_person_held_out(
    own_clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes, run = tmp_path / "takes", tmp_path / "runs/mine"
    assert trainer(["extract", str(own_clips), "--to", str(takes), "--workers", "2"]) == 0
    output = capsys.readouterr().out
    assert "read as a folder for each word: 6 clips of 2 signs by 3 signers (p1, p2, p4)" in output
    assert "2 of 6 clips, signer p1's, are held out as test clips" in output
    assert "1 entry skipped, for example more.zip (packed)" in output
    assert {sign.word for sign in read_labels(takes / "labels.json")} == {"قهوة", "شكرا"}
    held_out = Take.load(takes / "قهوة/p1/VID_1.take.npz").provenance
    assert (held_out.signer, held_out.split, held_out.sign_id) == ("p1", "test", number_of_word("قهوة"))
    quick = ["--recipe", "trial", "--epochs", "1", "--threads", "1"]
    assert trainer(["train", "--takes", str(takes), "--run", str(run), *quick]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("Test clips of the data set: top-1 ")
    split = json.loads((run / "run.json").read_text())["split"]
    assert len(split["train"]) + len(split["validation"]) == 4


def test_skipped_entries_are_reported_for_programs_and_in_the_page(
    own_clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    sign = str(number_of_word("قهوة"))
    options = ["--json", "--html", str(page), "--signs", sign, "--split", "test"]
    assert trainer(["extract", str(own_clips), "--to", str(tmp_path / "takes"), *options]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["created"], report["skipped"]) == (1, ["more.zip (packed)"])
    assert "more.zip (packed)" in page.read_text(encoding="utf-8")
