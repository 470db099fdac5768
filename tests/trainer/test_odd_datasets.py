"""Odd data sets and odd ways to read them: refused in a sentence before anything is written."""

from pathlib import Path

import pytest

from tests.trainer.data.layouts.made_up import make
from tests.trainer.odd_inputs import refuse

WORDS = ("coffee/p2/1.mp4", "coffee/p1/1.mp4", "tea/p2/1.mp4", "tea/p1/1.mp4")
LONG = "x" * 300


@pytest.mark.parametrize(
    ("names", "options", "sentence"),
    [
        ((), [], "holds no clips as"),
        (("0001-0070.zip",), [], "for example 0001-0070.zip (packed)"),
        (("a/b/c/d/e.mp4", "f/g/h/i/j.mp4"), [], "for example a/b/c/d/e.mp4 (a clip outside the layout)"),
        (("coffee.mp4", "tea.mp4"), [], "holds no clips as"),
        (("mine/coffee/1.mp4", "mine/tea/1.mp4"), [], "everything lies in one folder, mine"),
        (WORDS, ["--signer-from", "name"], "name is neither folder nor outer-folder, nor a pattern with one {signer}"),
        (WORDS, ["--signer-from", "{signer}-{signer}"], "nor a pattern with one {signer}"),
        (WORDS, ["--signer-from", "{signer}_*"], "no clip is named as --signer-from {signer}_* says, for example 1"),
        (WORDS, ["--hold-out", "p5"], "names no signer of the data set, which knows p1, p2"),
        (WORDS, ["--hold-out", "150%"], "names no signer of the data set"),
        (WORDS, ["--split", "val"], "holds no clip of the signs and split asked for"),
        (WORDS, ["--signs", "1"], "holds no clip of the signs and split asked for"),
        (("\u200b/1.mp4", "tea/1.mp4"), [], "is no word"),
    ],
)
def test_odd_data_set_is_refused(tmp_path: Path, names: tuple[str, ...], options: list[str], sentence: str) -> None:
    (tmp_path / "data").mkdir()
    make(tmp_path / "data", *names)
    said = refuse("extract", tmp_path / "data", "--to", tmp_path / "takes", *options, keep=tmp_path)
    assert sentence in said


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("clips.csv", f"path,word\n{LONG}.mp4,tea\n", "row 2"),
        ("clips.csv", "path,word\nb.mp4,tea\n", "for example b.mp4 (in row 2 of clips.csv, not there)"),
        ("clips.csv", "path,word\na\0.mp4,tea\n", "in row 2 of clips.csv"),
        ("clips.csv", "path;word\na.mp4;\n", "row 2"),
        ("WLASL_v0.3.json", "[" * 100_000, "is no list of WLASL's clips"),
    ],
)
def test_odd_list_is_refused(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    (make(tmp_path / "data", "a.mp4") / name).write_text(content)
    assert sentence in refuse("extract", tmp_path / "data", "--to", tmp_path / "takes", keep=tmp_path)


def test_list_that_is_a_folder_or_a_clip_is_refused(tmp_path: Path) -> None:
    (make(tmp_path, "a.mp4") / "WLASL_v0.3.json").mkdir()
    for dataset in ("a.mp4", "gone", "gone.csv", "."):
        refuse("extract", tmp_path / dataset, "--to", tmp_path / "takes", keep=tmp_path)
