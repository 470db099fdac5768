"""The store of a run: believed only if it holds exactly the takes that are asked for, as they are now."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from landmarkers.layout import DEFAULT_PARTS
from landmarkers.take import Extraction, Provenance, StoredTake, Take
from models.labels import Sign, labels_json
from tests.synthetic_takes import LANDMARKER, make_take
from tests.trainer.odd_inputs import run
from trainer.data.store import STORE, Store, StoreUnusable, find_takes
from trainer.data.store_builder import build_store
from trainer.data.store_sources import is_built_from
from trainer.targets import check_folder
from trainer.training.recipe import RECIPES
from trainer.training.run import open_run
from trainer.training.run_metadata import RunUnusable
from trainer.training.run_store import open_or_build_store, open_store

EXTRACTION = Extraction("d", ("pose",), 1, 2, "0" * 64)  # type: ignore[arg-type]


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    for number in range(4):
        write_take(tmp_path / "takes", number)
    signs = tuple(Sign(sign_id=number, word=f"كلمة{number}", word_en=f"word {number}") for number in (1, 2))
    (tmp_path / "takes" / "labels.json").write_bytes(labels_json(signs))
    return tmp_path / "takes"


def write_take(folder: Path, number: int, **changes: object) -> None:
    provenance = Provenance(f"clip{number}", LANDMARKER, "01", "train", 1 + number % 2, **changes)  # type: ignore[arg-type]
    make_take(number % 2, seed=number, provenance=provenance).save(folder / f"{number}.take.npz")


def build(takes: Path) -> Path:
    store = takes.parent / "a.store"
    build_store(find_takes([takes]), DEFAULT_PARTS, store)
    return store


def move(path: Path) -> None:
    """Change a take's points."""
    take = Take.load(path)
    Take(take.points + np.float32(0.01), take.times, take.provenance).save(path)


@pytest.mark.parametrize(
    ("change", "is_believed"),
    [
        (lambda _: None, True),
        (lambda takes: os.utime(takes / "1.take.npz", (1e9, 1e9)), True),
        (lambda takes: move(takes / "1.take.npz"), False),
        (lambda takes: (takes / "3.take.npz").unlink(), False),
        (lambda takes: write_take(takes, 4), False),
        (lambda takes: (takes / "3.take.npz").rename(takes / "0a.take.npz"), False),
        (lambda takes: write_take(takes, 1, variant=1), False),
        (lambda takes: (takes.parent / "a.store/sources.npz").write_bytes(b"PK"), False),
        (lambda takes: (takes.parent / "a.store/sources.npz").unlink(), False),
    ],
    ids=["nothing", "touched", "changed", "gone", "added", "another order", "provenance", "damaged", "earlier release"],
)
def test_store_is_believed_only_if_its_takes_are_those_asked_for(
    takes: Path, change: Callable[[Path], None], *, is_believed: bool
) -> None:
    store = build(takes)
    change(takes)
    assert is_built_from(store, find_takes([takes])) == is_believed
    assert len(Store(store)) == 4, "a store of an earlier release, or of other takes, can be opened as it is"


def test_takes_that_were_copied_elsewhere_are_read_once_and_no_more(
    takes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = build(takes)
    copy = shutil.copytree(takes, takes.parent / "copy", copy_function=shutil.copyfile)
    assert is_built_from(store, find_takes([copy]))
    monkeypatch.setattr(Path, "open", forbid_takes(Path.open))
    assert is_built_from(store, find_takes([copy]))


def forbid_takes(open_file: Callable[..., object]) -> Callable[..., object]:
    def checked(path: Path, *arguments: object, **options: object) -> object:
        assert not path.name.endswith(".take.npz"), f"{path} is read although it is as it was"
        return open_file(path, *arguments, **options)

    return checked


def test_fingerprint_is_that_of_earlier_releases(takes: Path) -> None:
    store = Store(build(takes))
    assert store.fingerprint == "408e883c7b3b8e4fcb54bd9491749cfb439c9230098c791a6b691d34edf05d6a"
    for path in find_takes([takes]):
        stored = StoredTake.load(path)
        provenance = Provenance(**{**stored.provenance.as_content(), "extraction": EXTRACTION})
        StoredTake(stored.parts, stored.times, provenance).save(path)
    assert Store(build(takes)).fingerprint == store.fingerprint, "what a take knows of its clip is not in a store"


@pytest.fixture
def trained(takes: Path) -> Path:
    """A run folder as a training of the takes leaves it, without the checkpoint."""
    folder = takes.parent / "run"
    store = open_or_build_store(find_takes([takes]), folder / "takes.store", folder)
    write_metadata(folder, takes=4, store=store.fingerprint)
    return folder


def write_metadata(folder: Path, **more: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    split = {"train": [0, 1], "validation": [2], "description": "some"}
    content = {"recipe": RECIPES["trial"].as_content(), "seed": 1, "signs": [], "split": split}
    (folder / "run.json").write_text(json.dumps({**content, "landmarkers": [LANDMARKER], **more}))


def train(takes: Path, folder: Path) -> str:
    """The sentence that refuses a second training."""
    return run("train", "--takes", takes, "--run", folder, "--recipe", "trial", "--threads", "1").errors.splitlines()[
        -1
    ]


def test_second_training_with_other_takes_says_what_is_different_and_keeps_the_store(
    takes: Path, trained: Path
) -> None:
    write_take(takes, 4)
    write_take(takes, 5)
    move(takes / "1.take.npz")
    (takes / "0.take.npz").unlink()
    before = Store(trained / "takes.store").fingerprint
    assert train(takes, trained) == (
        f"ishara-trainer: {trained} was trained on other takes than those named (2 new, 1 changed, 1 "
        "gone); name another folder with --run"
    )
    assert Store(trained / "takes.store").fingerprint == before
    assert open_store(open_run(trained)).fingerprint == before
    assert {path.name for path in trained.iterdir()} == {"run.json", "takes.store"}


def test_store_is_rebuilt_for_a_run_whose_takes_only_know_more_of_their_clips(takes: Path, trained: Path) -> None:
    write_take(takes, 1, extraction=EXTRACTION)
    store = open_or_build_store(find_takes([takes]), trained / "takes.store", trained)
    assert open_store(open_run(trained)).fingerprint == store.fingerprint


@pytest.mark.parametrize("name", ["index.npz", "points.npy", "times.npy", "sources.npz"])
@pytest.mark.parametrize("content", [b"", b"PK\3\4damaged", None])
def test_damaged_store_of_a_run_is_built_anew_from_its_takes(
    takes: Path, trained: Path, name: str, content: bytes | None
) -> None:
    before = Store(trained / "takes.store").fingerprint
    damaged = trained / "takes.store" / name
    damaged.unlink() if content is None else damaged.write_bytes(content)
    if name != "sources.npz":  # without which the store can be read
        with pytest.raises(StoreUnusable, match="run its training again with the same takes, which builds it anew"):
            open_store(open_run(trained))
    check_folder(trained / "takes.store", STORE)
    open_or_build_store(find_takes([takes]), trained / "takes.store", trained)
    assert open_store(open_run(trained)).fingerprint == before


def test_store_without_a_run_follows_its_takes(takes: Path) -> None:
    folder = takes.parent / "run"
    assert len(open_or_build_store(find_takes([takes]), folder / "takes.store", folder)) == 4
    write_take(takes, 4)
    assert len(open_or_build_store(find_takes([takes]), folder / "takes.store", folder)) == 5


def test_run_recognises_its_store_by_content_and_not_by_the_number_of_takes(takes: Path, trained: Path) -> None:
    open_store(open_run(trained))
    move(takes / "1.take.npz")
    other = build(takes)
    with pytest.raises(RunUnusable, match="another store"):
        open_store(open_run(trained), other)


def test_run_of_a_release_that_wrote_no_digest_is_recognised_by_the_number_of_takes(takes: Path, trained: Path) -> None:
    write_metadata(trained, takes=4)
    open_store(open_run(trained))
    write_metadata(trained, takes=5)
    with pytest.raises(RunUnusable, match="another store"):
        open_store(open_run(trained))
