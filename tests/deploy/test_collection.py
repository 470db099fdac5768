"""`ishara-deploy collect` from a device behind a real sshd."""

import base64
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from deploy import collection
from deploy.__main__ import main
from deploy.collection import Collector
from deploy.connection import Remote
from edge.installation.machine import Answer, StepFailed
from landmarkers.consent import Purpose
from landmarkers.review import Review, Verdict
from landmarkers.take import Take
from models.forgotten import ForgottenPeople, Limits
from models.labels import read_labels
from tests.consented_takes import KNOWN, OWN, THIRD, consent, keep
from tests.deploy.sshd import Sshd, running


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running(tmp_path_factory.mktemp("sshd")) as daemon:
        yield daemon


Collect = Callable[..., tuple[int, str]]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which the device keeps takes."""
    state = tmp_path / "state"
    monkeypatch.setattr(collection, "_STATE", str(state))
    monkeypatch.setattr(collection, "_PYTHON", sys.executable)
    (state / "learning-here" / "takes").mkdir(parents=True)
    return state / "learning-here" / "takes"


@pytest.fixture
def collect(sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Collect:
    """Return a function that collects, and returns the exit code and what is said of the device."""

    def run(*more: str, to: Path = tmp_path / "collected") -> tuple[int, str]:
        code = main(["collect", "--inventory", str(sshd.inventory()), "--to", str(to), *more])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, (shown.out or shown.err).splitlines()[-1].removeprefix("here  ")

    return run


def collected(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.take.npz"))


def test_takes_are_collected_once_with_their_consents_and_words(kept: Path, collect: Collect, tmp_path: Path) -> None:
    agreed, to = consent("مريم"), tmp_path / "collected" / "here"
    kept_take = Take.load(keep(kept, agreed, KNOWN, 1, shape=1))
    keep(kept, agreed, OWN, 1, shape=2)
    assert collect("--dry-run") == (0, "2 new")
    assert not to.exists()
    assert collect() == (0, "2 new")
    assert collected(to) == ["مريم/train/0076/01.take.npz", f"مريم/train/{OWN.sign_id}/01.take.npz"]
    take = Take.load(to / "مريم/train/0076/01.take.npz")
    np.testing.assert_array_equal(take.points, kept_take.points)
    assert (take.provenance.consent, take.provenance.clip) == (agreed, "here/مريم/train/0076/01")
    assert read_labels(to / "labels.json") == (KNOWN, OWN)
    keep(kept, agreed, OWN, 2, shape=3)
    assert collect() == (0, "1 new, 2 already here")


def test_what_nobody_gave_for_training_stays_on_the_device(kept: Path, collect: Collect, tmp_path: Path) -> None:
    secret = tmp_path / "secret.take.npz"
    keep(tmp_path / "elsewhere", consent("a"), KNOWN, 1, shape=9).rename(secret)
    keep(kept, consent("maryam", Purpose.DEVICE), KNOWN, 1, shape=1)
    keep(kept, None, KNOWN, 1, shape=2, signer="sami")
    keep(kept, consent("old", days_ago=40.0), KNOWN, 1, shape=3)
    (kept / "linked.take.npz").symlink_to(secret)
    (kept / "folder").symlink_to(tmp_path / "elsewhere")
    (kept / "damaged.take.npz").write_bytes(b"no take")
    os.mkfifo(kept / "pipe.take.npz")
    (kept.parent / "other.take.npz").write_bytes(secret.read_bytes())
    code, said = collect()
    assert (code, said) == (0, "1 skipped, whose consent has expired or was withdrawn")
    assert collected(tmp_path / "collected") == []


def test_what_was_removed_or_given_another_word_here_is_not_collected_again(
    kept: Path, collect: Collect, tmp_path: Path
) -> None:
    to = tmp_path / "collected" / "here"
    for number in (1, 2, 3, 4):
        keep(kept, consent("maryam"), KNOWN, number, shape=number)
    collect()
    (to / "maryam/train/0076/01.take.npz").unlink()
    keep(to, consent("maryam"), OWN, 1, shape=2)
    (to / "maryam/train/0076/02.take.npz").unlink()
    rejected = to / "maryam/train/0076/04.take.npz"
    take = Take.load(rejected)
    review = Review(verdict=Verdict.REJECTED, decided_at=datetime.now(UTC), original_sign_id=76)
    replace(take, provenance=replace(take.provenance, review=review)).save(rejected)
    rejected.rename(f"{rejected}.rejected")
    assert collect() == (0, "4 already here")
    for number in (1, 2, 3, 4):  # corrected on the device
        (kept / f"maryam/train/0076/0{number}.take.npz").unlink()
        keep(kept, consent("maryam"), THIRD, number, shape=number)
    assert collect() == (0, "1 new")
    assert rejected.with_name("04.take.npz.rejected").exists()
    assert collected(to) == ["maryam/train/1077/01.take.npz", f"maryam/train/{OWN.sign_id}/01.take.npz"]
    assert [sign.sign_id for sign in read_labels(to / "labels.json")] == [76, 1077, OWN.sign_id]
    assert collect() == (0, "4 already here")


def test_a_forgotten_person_is_not_collected_unless_there_is_a_later_consent(
    kept: Path, collect: Collect, tmp_path: Path
) -> None:
    to = tmp_path / "collected"
    for number, person in enumerate(("maryam", "sami")):
        keep(kept, consent(person), KNOWN, 1, shape=number)
        keep(kept, consent(person), OWN, 1, shape=10 + number)
    to.mkdir()
    agreed = consent("maryam")
    people = ForgottenPeople().joined_by("maryam", Limits(signs=frozenset({76})), frozenset(), agreed.asked_at)
    people.save(to)
    assert "maryam" not in (to / "forgotten.json").read_text()
    assert collect("--dry-run")[1].startswith("3 new, 1 skipped")
    (to / "here").mkdir()
    ForgottenPeople().joined_by("maryam", Limits(), frozenset(), consent("a", days_ago=0.5).asked_at).save(to / "here")
    assert collect()[1].startswith("2 new, 2 skipped")
    keep(kept, consent("maryam", days_ago=0.1, number=1), KNOWN, 2, shape=20)
    assert collect()[1].startswith("1 new, 2 already here, 2 skipped")
    (to / "forgotten.json").write_text("{")
    code, said = collect()
    assert (code, "forgotten.json cannot be read" in said) == (2, True)


def test_takes_are_deleted_here_when_their_time_is_over(kept: Path, collect: Collect, tmp_path: Path) -> None:
    to = tmp_path / "collected" / "here"
    keep(to, consent("maryam", days_ago=31.0), KNOWN, 1, shape=1)
    keep(kept, consent("maryam", number=1), KNOWN, 1, shape=2)
    assert collect() == (0, "1 new, 1 deleted here, whose consent has expired")
    assert collected(to) == ["maryam/train/0076/02.take.npz"]


def test_takes_of_a_device_that_is_gone_are_deleted_when_their_time_is_over(
    kept: Path, collect: Collect, tmp_path: Path
) -> None:
    to = tmp_path / "collected" / "gone"
    keep(to, consent("maryam", days_ago=31.0), KNOWN, 1, shape=1)
    keep(to, consent("sami"), KNOWN, 1, shape=2)
    (to / "collected.json").write_text("{}")
    assert collect("--dry-run") == (0, "none")
    assert len(collected(to)) == 2
    assert collect() == (0, "gone was not reached: 1 deleted here, whose consent has expired")
    assert collected(to) == ["sami/train/0076/01.take.npz"]


def test_a_collection_that_was_cut_resumes(
    kept: Path, collect: Collect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 7):
        keep(kept, consent("maryam"), KNOWN, number, shape=number)
    monkeypatch.setattr(collection, "_PART_TAKES", 2)
    asked: list[str] = []
    run = Remote.run

    def cut(remote: Remote, command: str, **options: object) -> str:
        asked.append(command)
        if len(asked) == 3:
            raise StepFailed("the connection was cut")
        return run(remote, command, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Remote, "run", cut)
    assert collect() == (1, "the connection was cut")
    assert len(collected(tmp_path / "collected")) == 2
    assert collect() == (0, "4 new, 2 already here")


def test_takes_of_other_networks_are_not_mixed(kept: Path, collect: Collect, tmp_path: Path) -> None:
    keep(kept, consent("maryam"), KNOWN, 1, shape=1)
    collect()
    path = keep(kept, consent("maryam"), KNOWN, 2, shape=2)
    take = Take.load(path)
    replace(take, provenance=replace(take.provenance, landmarker="other")).save(path)
    code, said = collect()
    assert (code, "hold landmarks of other, and those in" in said, "another folder" in said) == (2, True, True)
    assert len(collected(tmp_path / "collected")) == 1


def lying_device(*answers: object) -> Remote:
    """Return a device that answers as somebody wants it who has taken it over."""
    left = [json.dumps(answer) for answer in answers]
    device = SimpleNamespace(
        entry=SimpleNamespace(host="here", name="here"),
        attempt=lambda *_: Answer(ok=True, out="", err=""),
        run=lambda *_, **__: left.pop(0),
    )
    return cast("Remote", device)


def test_a_device_that_lies_writes_nothing(tmp_path: Path) -> None:
    agreed, private = consent("maryam"), consent("maryam", Purpose.DEVICE)
    content = keep(tmp_path / "kept", private, KNOWN, 1, shape=1).read_bytes()
    listed = {
        "path": "a",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": 9,
        "sign_id": 76,
        "consent_id": agreed.consent_id,
    }
    honest = {"labels": None, "consents": {agreed.consent_id: agreed.model_dump(mode="json")}, "takes": [listed]}
    stranger = agreed.model_dump(mode="json") | {"person": "../../etc"}
    encoded = base64.b64encode(content).decode()
    lies: list[tuple[str, list[object]]] = [
        ("is not the one that it listed", [honest, {"a": encoded}]),
        ("takes cannot be understood", [honest, {"a": 5}]),
        ("list of takes cannot be understood", [honest | {"consents": {agreed.consent_id: stranger}}]),
        ("list of takes cannot be understood", [honest | {"takes": [listed | {"sign_id": -1}]}]),
        ("labels.json is not a list of signs", [honest | {"labels": "x"}]),
    ]
    for sentence, answers in lies:
        collector = Collector.into(tmp_path / "to", lambda _: lambda *_: None, dry_run=False)
        with pytest.raises(StepFailed, match=sentence):
            collector.collect(lying_device(*answers))
    changed = lying_device(honest, {"a": base64.b64encode(b"another").decode(), "/etc/passwd": encoded})
    assert Collector.into(tmp_path / "to", lambda _: lambda *_: None, dry_run=False).collect(changed) == "none"
    assert collected(tmp_path) == ["kept/maryam/train/0076/01.take.npz"]


def test_what_cannot_hold_takes_is_refused(collect: Collect, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.json").write_text("{}")
    for name, sentence in (("file", "is a file, not a folder"), ("bundle", "holds a bundle")):
        code, said = collect(to=tmp_path / name)
        assert (code, f"{tmp_path / name} {sentence}" in said) == (2, True)
