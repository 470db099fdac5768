"""`ishara-trainer forget`: deletes a person's takes from folders and stores, and lists bundles trained with them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from landmarkers.layout import DEFAULT_PARTS
from landmarkers.take import Take
from models.bundle import EXEMPLARS, MANIFEST, sha256_of
from models.forgotten import ForgottenPeople
from models.labels import read_labels
from tests.consented_takes import KNOWN, OWN, consent, keep
from tests.edge.tiny_bundle import write_bundle
from trainer.cli.main import main as trainer
from trainer.data.consents import CONSENTS, write_consents
from trainer.data.store import Store, find_takes
from trainer.data.store_builder import build_store


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """Return a folder with takes of two people; of maryam there are two consents, and takes without any."""
    folder = tmp_path / "collected"
    early, late = consent("maryam", days_ago=20.0), consent("maryam", days_ago=2.0, number=1)
    keep(folder, early, KNOWN, 1, shape=1)
    keep(folder, late, KNOWN, 2, shape=2)
    keep(folder, late, OWN, 1, shape=3)
    keep(folder, None, KNOWN, 3, shape=4, signer="maryam")
    keep(folder, consent("sami"), KNOWN, 1, shape=5)
    return folder


def forget(*options: str | Path) -> int:
    return trainer(["forget", "--person", " maryam ", *map(str, options)])


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.take.npz*"))


def test_everything_of_a_person_is_deleted_and_nothing_of_others(
    takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (takes / "maryam/train/0076/01.take.npz").rename(takes / "maryam/train/0076/01.take.npz.unused")
    assert forget("--takes", takes) == 0
    assert capsys.readouterr().out.startswith(f"forgot 4 takes of maryam in {takes}")
    assert left(takes) == ["sami/train/0076/01.take.npz"]
    assert not (takes / "maryam").exists()
    assert "maryam" not in (takes / "forgotten.json").read_text()
    assert OWN not in read_labels(takes / "labels.json")
    people = ForgottenPeople.read(takes)
    assert people.contain(consent("maryam"), 76)
    assert people.contain(consent("maryam", days_ago=-9.0, number=1), 76)  # by a device whose clock is wrong
    assert not people.contain(consent("maryam", days_ago=-9.0, number=2), 76)
    assert not people.contain(consent("sami"), 76)


def test_folder_in_another_one_is_looked_through_once(takes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = takes.parent / "fleet"
    fleet.mkdir()
    takes = takes.rename(fleet / "entrance")
    assert forget("--takes", fleet, takes) == 0
    assert left(fleet) == ["entrance/sami/train/0076/01.take.npz"]
    assert "forgot 4 takes" in capsys.readouterr().out
    assert ForgottenPeople.read(takes).contain(consent("maryam"), 76)


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        (["--word", "قهوة"], 3),
        (["--word", "Trachea"], 1),
        (["--word", "76", "--word", "coffee"], 0),
        (["--word", "1"], 4),
        (["--after", "2000-01-01"], 1),  # of the take without a consent nobody knows the time
        (["--before", "2000-01-01T00:00+02:00"], 4),
    ],
)
def test_word_and_time_limit_what_is_forgotten(takes: Path, limits: list[str], kept: int) -> None:
    assert forget("--takes", takes, *limits) == 0
    assert len([path for path in left(takes) if path.startswith("maryam")]) == kept
    assert len(left(takes)) == kept + 1


def test_a_store_loses_the_takes_of_the_person_alone(takes: Path, tmp_path: Path) -> None:
    stores = [tmp_path / "a.store", tmp_path / "b.store", tmp_path / "c.store"]
    for store in stores[:2]:
        build_store(find_takes([takes]), DEFAULT_PARTS, store)
    build_store(find_takes([takes / "maryam"]), DEFAULT_PARTS, stores[2])
    _as_an_earlier_release_wrote_it(stores[1])
    sami = Take.load(takes / "sami/train/0076/01.take.npz")
    early = datetime.now(UTC).timestamp() - 10 * 86400
    limits = ["--before", datetime.fromtimestamp(early, UTC).isoformat()]
    assert forget("--takes", takes, "--store", stores[0], *limits) == 0
    assert len(Store(stores[0])) == 4
    assert forget("--takes", takes, "--store", *stores) == 0
    assert not stores[2].exists()
    for store in stores[:2]:
        opened = Store(store)
        assert [row.provenance.signer for row in opened.rows] == ["sami"]
        np.testing.assert_array_equal(opened.take(0).points, sami.points)
    build_store(find_takes([takes]), DEFAULT_PARTS, tmp_path / "new.store")
    assert Store(tmp_path / "new.store").fingerprint == Store(stores[0]).fingerprint


def _as_an_earlier_release_wrote_it(store: Path) -> None:
    with np.load(store / "index.npz") as index:
        columns = {name: index[name] for name in index.files if name != "consent"}
    np.savez_compressed(store / "index.npz", allow_pickle=False, **columns)


def _bundle(folder: Path, consents: list[str], exemplars_of: str | None = None) -> Path:
    """Write a bundle that lists consents, and that holds an exemplar take of somebody."""
    write_bundle(folder)
    write_consents(folder, consents)
    if exemplars_of is not None:
        metadata = {
            "format": 1,
            "recipe": {},
            "parts": [],
            "provenance": [{"clip": "a", "landmarker": "b", "signer": exemplars_of, "sign_id": 76}],
        }
        np.savez(folder / EXEMPLARS, metadata=np.array(json.dumps(metadata)))
    manifest = json.loads((folder / MANIFEST).read_text())
    files = [folder / name for name in (CONSENTS, EXEMPLARS) if (folder / name).exists()]
    manifest["files"] |= {path.name: sha256_of(path) for path in files}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


def test_the_bundles_that_were_trained_with_somebody_are_listed_also_later(
    takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    _bundle(models / "with", [consent("maryam", number=1).consent_id, consent("sami").consent_id])
    _bundle(models / "without", [consent("sami").consent_id], "sami")
    _bundle(models / "held", [], "maryam")
    for _ in range(2):
        assert forget("--takes", takes, "--bundles", models) == 0
        listed = capsys.readouterr().out.splitlines()[1:]
        assert [line.split(" in ")[-1] for line in listed[1:]] == [
            f"{models}/held, holds 1 of them as exemplars",
            f"{models}/with",
        ]
    assert forget("--takes", takes, "--word", "shukran", "--bundles", models) == 0
    assert "no bundle was trained" in capsys.readouterr().out
    (models / "with" / CONSENTS).unlink()
    assert forget("--takes", takes, "--bundles", models) == 1
    assert f"nobody can tell of {models}/with: it was copied without its {CONSENTS}" in capsys.readouterr().err


def test_what_cannot_be_read_is_named_and_nothing_is_changed_by_a_wrong_command(
    takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [
        ("--store", tmp_path / "no.store", "is not a complete store"),
        ("--takes", _bundle(tmp_path / "b", []), "is not a folder of takes"),
        ("--takes", tmp_path / "no", "is not a folder"),
        ("--bundles", tmp_path / "no", "is not a folder"),
    ]
    for option, path, reason in wrong:
        assert forget("--takes", takes, option, path) == 2
        assert f"{path} {reason}" in capsys.readouterr().err
        assert len(left(takes)) == 5
    (takes / "odd.take.npz").write_bytes(b"")
    assert forget("--takes", takes) == 1
    assert f"{takes}/odd.take.npz is not a readable take" in capsys.readouterr().err
    assert left(takes) == ["odd.take.npz", "sami/train/0076/01.take.npz"]
    with pytest.raises(SystemExit):
        forget("--takes", takes, "--after", "yesterday")
    assert "yesterday is no date or time such as 2026-11-29" in capsys.readouterr().err
