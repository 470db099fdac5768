"""Nothing is deleted that is not ours: each command refuses a target with something else in it, before any work."""

import os
import shutil
from pathlib import Path

import pytest

from landmarkers.layout import DEFAULT_PARTS
from models.bundle import MODEL, open_bundle
from tests.trainer import odd_inputs
from trainer.bundle.quantise import QuantisationResult, QuantisedNetwork
from trainer.data.store import STORE, find_takes
from trainer.data.store_builder import build_store
from trainer.reports.html import page
from trainer.targets import TargetRefused, check_report, replace_folder, write_file


@pytest.fixture
def desk(tmp_path: Path, synthetic_takes: Path, tiny_run: Path, tiny_bundle: Path) -> Path:
    """Return a folder with takes, a run, bundles, and what else somebody keeps."""
    shutil.copytree(synthetic_takes, tmp_path / "takes")
    shutil.copytree(tiny_run, tmp_path / "runs/mine")
    shutil.copytree(tiny_bundle, tmp_path / "models/mine")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/todo.txt").write_text("buy milk")
    (tmp_path / "file.txt").write_text("a file")
    (tmp_path / "link").symlink_to("takes")
    return tmp_path


TRAIN = ("train", "--takes", "takes", "--run", "runs/new")
EXPORT = ("export", "runs/mine", "--name", "mine", "--to")
FINE_TUNE = ("fine-tune", "--from", "models/mine", "--takes", "takes", "--run")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*TRAIN, "--store", "notes"), "notes is not a store of takes, because it holds todo.txt"),
        ((*TRAIN, "--store", "takes"), "takes is what the command reads"),
        ((*TRAIN, "--store", "takes/store"), "takes/store lies in takes, which the command reads"),
        ((*TRAIN, "--store", "link"), "link is what the command reads"),
        ((*TRAIN, "--store", "takes/.."), "takes/.. holds takes, which the command reads"),
        ((*TRAIN, "--store", "."), ". holds takes, which the command reads"),
        ((*TRAIN, "--store", "models/mine"), "models/mine is not a store of takes"),
        ((*TRAIN, "--store", "runs/mine"), "runs/mine is not a store of takes"),
        ((*TRAIN, "--store", "runs/new"), "the store runs/new would take the place of the run runs/new"),
        ((*TRAIN, "--store", "file.txt"), "file.txt is a file, not a folder"),
        (
            ("train", "--takes", "takes", "--run", "notes"),
            "notes is not the folder of a run, because it holds todo.txt",
        ),
        (("train", "--takes", "takes", "--run", "takes"), "takes is what the command reads"),
        (("train", "--takes", "takes", "--run", "models/mine"), "models/mine is not the folder of a run"),
        (("train", "--takes", "takes", "--run", "file.txt"), "file.txt is a file, not a folder"),
        (("train", "--takes", "takes", "--run", "file.txt/run"), "file.txt/run cannot be created: "),
        ((*EXPORT, "runs/mine"), "runs/mine is what the command reads"),
        ((*EXPORT, "runs/mine/bundle"), "runs/mine/bundle lies in runs/mine"),
        ((*EXPORT, "runs"), "runs holds runs/mine"),
        ((*EXPORT, "models"), "models is not a bundle"),
        ((*EXPORT, "notes"), "notes is not a bundle"),
        ((*EXPORT, "takes"), "takes is not a bundle"),
        ((*EXPORT, "models/mine/../.."), "holds runs/mine"),
        ((*FINE_TUNE, "models/mine"), "models/mine is what the command reads"),
        ((*FINE_TUNE, "notes"), "notes is not the folder of a run"),
        ((*FINE_TUNE, "runs/new", "--store", "takes"), "takes is what the command reads"),
        (("evaluate", "takes", "--leave-one-signer-out", "--run", "notes"), "notes is not a folder of such runs"),
        (("evaluate", "takes", "--leave-one-signer-out", "--run", "takes"), "takes is what the command reads"),
        (("extract", "takes", "--to", "takes"), "takes is what the command reads"),
        (("extract", "takes", "--to", "takes/.."), "takes/.. holds takes"),
        (
            ("extract", "takes", "--to", "models/mine"),
            "models/mine is not a folder of takes, because it holds manifest",
        ),
        (("extract", "takes", "--to", "runs/mine"), "runs/mine is not a folder of takes, because it holds run.json"),
        (("extract", "takes", "--to", "runs/mine/takes.store"), "is not a folder of takes, because it holds index.npz"),
        (("import-npz", "takes", "--to", "takes"), "takes is what the command reads"),
        (("bench-loader", "notes"), "notes is not a folder of this benchmark, because it holds todo.txt"),
        (("quantise-hand", "takes", "--to", "file.txt"), "file.txt exists and is not a network"),
        (("report", "runs/mine", "--to", "runs/mine/run.json"), "run.json exists and is not a report of this program"),
        (("report", "runs/mine", "--to", "notes"), "notes is a folder, not a file"),
        (("compare", "runs/mine", "runs/mine", "--html", "runs/mine/checkpoint.pt"), "checkpoint.pt exists and is not"),
        (("evaluate", "takes", "--model", "models/mine", "--html", "models/mine/manifest.json"), "exists and is not a"),
        (("stream", "takes", "--model", "models/mine", "--html", "takes/labels.json"), "exists and is not a report"),
        (("benchmark", "models/mine", "--html", "none/speed.html"), "there is no folder none"),
        (("extract", "takes", "--to", "new", "--html", "takes/0-0.take.npz"), "exists and is not a report"),
    ],
)
def test_target_with_something_else_in_it_is_refused_before_any_work(
    desk: Path, arguments: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    assert sentence in odd_inputs.refuse(*arguments, keep=desk)


def test_bundle_with_a_file_of_somebody_else_is_not_replaced(desk: Path) -> None:
    (desk / "models/mine/notes.txt").write_text("mine")
    bundle = desk / "models/mine"
    assert "it holds notes.txt" in odd_inputs.refuse(
        "export", desk / "runs/mine", "--name", "mine", "--to", bundle, keep=desk
    )
    card = ("stream", desk / "takes", "--model", bundle, "--into-card")
    assert "it holds notes.txt" in odd_inputs.refuse(*card, keep=desk)


def test_bundle_of_an_earlier_export_and_an_empty_folder_are_replaced(
    desk: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = QuantisedNetwork("int8", 1000, 1.0, 0.9, 0.0)

    def write_network(new: Path, *_: object) -> QuantisationResult:  # the real one takes half a minute
        shutil.copy(tiny_bundle / MODEL, new)
        return QuantisationResult((network,), network)

    monkeypatch.setattr("trainer.bundle.bundling._write_network", write_network)
    (desk / "empty").mkdir()
    (desk / "other").symlink_to("models/mine")
    for to in (desk / "empty", desk / "other", desk / "new/one"):
        done = odd_inputs.run("export", desk / "runs/mine", "--name", "again", "--to", to)
        assert done.code == 0, done.errors
        assert open_bundle(to).manifest.name == "again"
    assert (desk / "other").is_symlink()
    assert not [path for path in desk.rglob(".*") if path.name.endswith(".new")]


def test_store_of_other_takes_is_replaced_and_nothing_beside_it(synthetic_takes: Path, tmp_path: Path) -> None:
    (tmp_path / "a.store.new").mkdir()
    (tmp_path / "a.store.new/mine.txt").write_text("mine")
    takes = find_takes([synthetic_takes])
    for count in (3, 5):
        assert len(build_store(takes[:count], DEFAULT_PARTS, tmp_path / "a.store")) == count
    (tmp_path / "a.store/notes.txt").write_text("mine")
    with odd_inputs.unchanged(tmp_path), pytest.raises(TargetRefused, match=r"it holds notes\.txt"):
        build_store(takes, DEFAULT_PARTS, tmp_path / "a.store")
    assert (tmp_path / "a.store.new/mine.txt").read_text() == "mine"


def test_folder_that_is_bound_elsewhere_is_known_by_what_it_is(desk: Path) -> None:
    """As a bind mount, a second name leads to the same folder without being a link."""
    train = ("train", "--takes", desk / "takes/../takes", "--run", desk / "run", "--store", desk / "link/../takes")
    assert "is what the command reads" in odd_inputs.refuse(*train, keep=desk)


def test_replacement_that_fails_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    work = replace_folder(tmp_path / "store", STORE)
    with odd_inputs.unchanged(tmp_path):
        new = work.__enter__()
        (new / "index.npz").write_bytes(b"half")
        assert not work.__exit__(RuntimeError, RuntimeError(), None)


def test_replacement_that_was_killed_between_its_two_steps_is_put_back(tmp_path: Path) -> None:
    scratch = tmp_path / ".store.new"
    (scratch / "old").mkdir(parents=True)
    (scratch / "old/index.npz").write_text("old")
    (scratch / "new").mkdir()
    with pytest.raises(TargetRefused, match=r"index\.npz"), replace_folder(tmp_path / "store", STORE):
        pass
    assert odd_inputs.tree(tmp_path).keys() == {"store", "store/index.npz"}


def test_name_of_unfinished_work_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".store.new").mkdir()
    (tmp_path / ".store.new/mine.txt").write_text("mine")
    with (
        odd_inputs.unchanged(tmp_path),
        pytest.raises(TargetRefused, match=r"\.store\.new is in the way"),
        replace_folder(tmp_path / "store", STORE),
    ):
        pass


def test_report_is_written_again_over_an_earlier_one_and_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "page.html").symlink_to("real/page.html")
    for title in ("first", "second"):
        check_report(tmp_path / "page.html")
        write_file(tmp_path / "page.html", page(title, {}))
    assert (tmp_path / "page.html").is_symlink()
    assert "<h1>second</h1>" in (tmp_path / "real/page.html").read_text()


def test_device_such_as_null_takes_a_report() -> None:
    check_report(Path(os.devnull))
    write_file(Path(os.devnull), "nothing")
    assert not Path(os.devnull).is_file()
