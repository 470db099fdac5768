"""`ishara-trainer improve`: takes of devices become the next bundle, unless it is worse than the one before."""

import io
import json
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from landmarkers.take import Provenance
from models.bundle import LABELS, MANIFEST, open_bundle, sha256_of
from models.classifier import OnnxClassifier
from models.keys import generate_keys
from models.labels import Sign, labels_json
from models.sign_number import number_of_word
from models.signature import TrustedKeys
from tests.synthetic_takes import LANDMARKER, make_take
from trainer.bundle.bundling import ExportOptions
from trainer.bundle.quantise import Precision
from trainer.cli.main import main as trainer

COFFEE = Sign(sign_id=number_of_word("قهوة"), word="قهوة", word_en="Coffee")
COFFEE_SHAPE = 11
OPTIONS = ("--epochs", "1", "--threads", "1", "--track", "none")


def write_takes(folder: Path, shapes: dict[int, int], *, first: int, count: int = 8) -> Path:
    """Write this many takes of each sign in its handshape, as a device that keeps takes does."""
    for sign_id, shape in shapes.items():
        for number in range(first, first + count):
            provenance = Provenance(f"amal/train/{sign_id:04}/{number}", LANDMARKER, "amal", "train", sign_id)
            make_take(shape, seed=number, provenance=provenance).save(folder / f"{provenance.clip}.take.npz")
    (folder / LABELS).write_bytes(labels_json((COFFEE,)))
    return folder


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return takes of two devices, as they are collected: a new word of one, and known signs of both."""
    folder = tmp_path_factory.mktemp("collected")
    write_takes(folder / "entrance", {COFFEE.sign_id: COFFEE_SHAPE, 3: 2}, first=100)
    write_takes(folder / "ward", {1: 0, 2: 1}, first=300)
    return folder


Improve = Callable[..., int]


@pytest.fixture(scope="module")
def improve(tiny_bundle: Path, collected: Path, tmp_path_factory: pytest.TempPathFactory) -> Improve:
    """Return the command with a run that is trained the first time; its bundles are not quantised, which takes long."""
    run = tmp_path_factory.mktemp("runs") / "run"

    def improve(to: Path, *more: str | Path) -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "trainer.cli.improvement_commands.ExportOptions",
                lambda *one, **more: replace(ExportOptions(*one, **more), precision=Precision.FP32),
            )
            arguments = ["improve", "--from", tiny_bundle, "--takes", collected, "--run", run, "--to", to]
            return trainer(list(map(str, [*arguments, *OPTIONS, *more])))

    return improve


@pytest.fixture(scope="module")
def improved(improve: Improve, synthetic_takes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with keys, the new bundle, its report and what was printed."""
    folder = tmp_path_factory.mktemp("improved")
    private, _ = generate_keys(folder / "keys", "workshop")
    with redirect_stdout(io.StringIO()) as printed:
        more = ("--tests", synthetic_takes, "--key", private, "--html", folder / "report.html")
        assert improve(folder / "next", *more) == 0
    (folder / "printed.txt").write_text(printed.getvalue())
    return folder


def test_takes_of_devices_become_a_signed_bundle_of_the_next_version(improved: Path, synthetic_takes: Path) -> None:
    to, printed = improved / "next", (improved / "printed.txt").read_text()
    assert "tiny@2 is nowhere worse than tiny@1: it wins 2 takes and loses 0." in printed
    assert f"`ishara-deploy push {to} --allow-labels`" in printed
    rows = {line.split("  ")[0] for line in printed.splitlines()}
    assert {"device entrance", "device entrance, new words", "device ward", "all devices"} <= rows
    assert f"test clips of {synthetic_takes.name}" in rows
    bundle = open_bundle(to)
    assert (bundle.manifest.title, bundle.manifest.calibration.threshold) == ("tiny@2", 0.3)
    assert TrustedKeys.read(improved / "keys").verify(to).name == "workshop"
    assert OnnxClassifier(bundle).classify(make_take(COFFEE_SHAPE, seed=999)).best.sign == COFFEE
    assert "| device entrance, new words | 2 | 0.0 % | 100.0 % |" in (to / "README.md").read_text()
    report = (improved / "report.html").read_text()
    assert "accuracy of tiny@1 and tiny@2 on each group of takes" in report
    assert "Won by tiny@2: 2" in report
    assert 'aria-label="a take of ' in report


def test_bundle_that_is_worse_anywhere_is_refused_and_the_report_shows_where(
    improve: Improve,
    improved: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def make_worse_bundle(*arguments: object) -> None:
        """Make a bundle that takes two signs for each other, as mislabelled takes make it."""
        to = Path(shutil.copytree(improved / "next", str(arguments[3])))
        labels = json.loads((to / LABELS).read_text())
        signs = labels if isinstance(labels, list) else labels["signs"]
        signs[0], signs[1] = signs[1], signs[0]
        (to / LABELS).write_text(json.dumps(labels))
        manifest = json.loads((to / MANIFEST).read_text())
        manifest["files"][LABELS] = sha256_of(to / LABELS)
        (to / MANIFEST).write_text(json.dumps(manifest))

    monkeypatch.setattr("trainer.cli.improvement_commands.make_bundle", make_worse_bundle)
    page = tmp_path / "report.html"
    capsys.readouterr()
    assert improve(tmp_path / "next", "--html", page) == 2
    printed = capsys.readouterr()
    sentence = printed.err.splitlines()[-1]
    assert sentence.startswith("ishara-trainer: tiny@2 is worse than tiny@1, so no bundle is written (")
    assert "rehearsed takes of the old signs: 4 of 8 takes right instead of 8" in sentence
    assert "too few to tell" in printed.out
    assert "Lost by tiny@2: 8" in page.read_text()
    assert not (tmp_path / "next").exists()


def test_nothing_to_compare_on_is_said_before_any_work(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes = write_takes(tmp_path / "takes", {COFFEE.sign_id: COFFEE_SHAPE}, first=0, count=3)
    places = ["--run", str(tmp_path / "run"), "--to", str(tmp_path / "next")]
    assert trainer(["improve", "--from", str(tiny_bundle), "--takes", str(takes), *places, *OPTIONS]) == 2
    assert "no take would be held out to compare the models on" in capsys.readouterr().err
    assert trainer(["improve", "--from", str(tiny_bundle), "--takes", str(takes), "--tests", str(takes), *places]) == 2
    assert "holds no take of a test clip of a sign that tiny@1 knows" in capsys.readouterr().err
    assert not (tmp_path / "run" / "checkpoint.pt").exists()
