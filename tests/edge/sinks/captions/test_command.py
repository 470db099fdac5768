from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from edge.__main__ import main
from edge.demo.tour import TAKES
from landmarkers.frame import Image

TAKE = str(TAKES / "2-sign-0071-signer-02.take.npz")


def draw(folder: Path, *arguments: str) -> Image:
    """Return the image that the command draws, of words unless the arguments say otherwise."""
    path = folder / "captions.png"
    assert main(["captions", "--png", str(path), "--size", "640x360", "--show", "words", *arguments]) == 0
    with PilImage.open(path) as image:
        assert image.mode == "RGB"
        return np.asarray(image)


def error_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.out == ""
    sentences = [line for line in printed.err.splitlines() if not line.startswith(("usage:", " "))]
    assert len(sentences) == 1
    return sentences[0]


def test_image_is_drawn_without_a_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    drawn = draw(tmp_path)
    assert drawn.shape == (360, 640, 3)
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 50


def test_every_option_changes_the_image(tmp_path: Path) -> None:
    options = [
        ["--show", "utterances"],
        ["--words", "قلب=heart"],
        ["--confidence", "0.5"],
        ["--take", TAKE],
        ["--lost", "camera", "broker"],
        ["--paused"],
        ["--obstacle", "too dark"],
        ["--theme", "light"],
        ["--typeface", "naskh"],
        ["--no-english"],
    ]
    drawn = [draw(tmp_path, *option).tobytes() for option in ([], *options)]
    assert len(set(drawn)) == len(drawn)


def test_configured_style_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text("[captions]\ntheme = 'light'\nenglish = false\n")
    configured = draw(tmp_path, "--config", str(tmp_path / "edge.toml"))
    assert np.array_equal(configured, draw(tmp_path, "--theme", "light", "--no-english"))
    other = draw(tmp_path, "--config", str(tmp_path / "edge.toml"), "--theme", "dark", "--english")
    assert np.array_equal(other, draw(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--size", "big"], "'big' is not a size"),
        (["--size", "20x20"], "'20x20' is not a size"),
        (["--size", "99999x99999"], "'99999x99999' is not a size"),
        (["--confidence", "often"], "'often' is not a number"),
        (["--confidence", "nan"], "'nan' is not a number"),
        (["--theme", "pink"], "pink"),
        (["--lost", "keys"], "keys"),
    ],
)
def test_invalid_option_is_refused_with_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["captions", "--png", str(tmp_path / "captions.png"), *arguments])
    assert exited.value.code == 2
    assert expected in error_sentence(capsys)


def test_unreadable_or_unwritable_file_is_named_with_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing" / "captions.png"
    assert main(["captions", "--png", str(missing)]) == 2
    assert str(missing) in error_sentence(capsys)
    assert main(["captions", "--png", str(tmp_path / "a.png"), "--take", str(tmp_path / "no.take.npz")]) == 2
    assert "no.take.npz" in error_sentence(capsys)
    assert main(["captions", "--png", str(tmp_path / "a.png"), "--words", ""]) == 0
