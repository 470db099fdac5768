"""The file in which a device's learned signs are exported and imported."""

import io
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.consent.learning_folder import KeptTake, LearningFolder
from edge.learning.catalogue import Catalogue
from edge.learning.learner import Learner
from edge.learning.transfer import LearnedFile, TransferRefused, import_learned, read_learned, write_learned
from landmarkers.consent import Consent, Purpose
from landmarkers.take import Provenance
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.labels import Sign, read_labels
from models.learned import Teacher
from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.edge.tiny_bundle import SIGNS
from tests.synthetic_signer import LANDMARKER, even_times, take
from tests.synthetic_signer import Sign as Movement

COFFEE = Sign(sign_id=1_500_000, word="قهوة", word_en="coffee")


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    bundle = open_bundle(write_teachable_bundle(tmp_path_factory.mktemp("teachable") / "tiny"))
    network = OnnxClassifier(bundle)
    return Learner(bundle, network, Teacher(bundle, network), LearningFolder(Path()), bundle.signs)


def export(
    learner: Learner, folder: Path, purpose: Purpose, age: timedelta = timedelta(), sign: Sign = COFFEE
) -> LearnedFile:
    """Return the file of a device that was taught one take by this consent."""
    consent = Consent(
        person="amal",
        asked_by="Reception",
        asked_at=datetime.now(UTC) - age,
        purpose=purpose,
        words="May this device learn?",
        days=90,
    )
    one = take(even_times(20, 1.0), Movement(0.0, 1.0, NEW_PLACE))
    source = replace(learner, folder=LearningFolder(folder))
    source.learn([(replace(one, provenance=Provenance("stream", LANDMARKER)), sign)], consent, "taught")
    return read_learned(io.BytesIO(write_learned(source.folder, "entrance")), "the file")


def test_device_is_restored_once_from_its_own_file(learner: Learner, tmp_path: Path) -> None:
    content = export(learner, tmp_path / "first", Purpose.DEVICE)
    restored = replace(learner, folder=LearningFolder(tmp_path / "second"))
    import_learned(content, restored, "entrance")
    (sign,) = Catalogue(restored.folder).list(set()).signs
    assert (sign.sign, [one.person for one in sign.takes]) == (COFFEE, ["amal"])
    with pytest.raises(TransferRefused, match="has not already"):
        import_learned(content, restored, "entrance")


def test_two_programs_that_import_at_once_learn_each_take_once(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = export(learner, tmp_path / "first", Purpose.DEVICE)
    both, outcomes, takes = threading.Barrier(2), list[str](), LearningFolder.takes

    def takes_of_both(folder: LearningFolder) -> list[KeptTake]:
        found = takes(folder)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)  # nobody goes on before the other has looked too, unless that one may not look yet
        return found

    def import_once() -> None:
        restored = replace(learner, folder=LearningFolder(tmp_path / "second"))
        try:
            outcomes.append(import_learned(content, restored, "entrance").what)
        except TransferRefused as error:
            outcomes.append(str(error))

    monkeypatch.setattr(LearningFolder, "takes", takes_of_both)
    threads = [threading.Thread(target=import_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([*(tmp_path / "second").rglob("*.take.npz")]) == 1, outcomes
    assert sorted(outcomes)[0] == "imported"


def test_imported_take_is_labelled_as_the_model_is_though_this_device_shows_another_word(
    learner: Learner, tmp_path: Path
) -> None:
    content = export(learner, tmp_path / "first", Purpose.DEVICE, sign=SIGNS[0])
    shown = tuple(sign.model_copy(update={"word": "كلمة", "word_en": "shown"}) for sign in learner.bundle.signs)
    other = replace(learner, bundle=replace(learner.bundle, signs=shown), folder=LearningFolder(tmp_path / "second"))
    import_learned(content, other, "entrance")
    assert [sign.word for sign in read_labels(other.folder.takes_folder / "labels.json")] == [SIGNS[0].word]


@pytest.mark.parametrize(
    ("purpose", "age", "device", "is_learned"),
    [
        (Purpose.DEVICE, timedelta(), "ward", False),
        (Purpose.TRAINING, timedelta(), "ward", True),
        (Purpose.DEVICE, timedelta(days=91), "entrance", False),
    ],
)
def test_take_is_imported_only_as_its_consent_allows(
    learner: Learner, tmp_path: Path, purpose: Purpose, age: timedelta, device: str, *, is_learned: bool
) -> None:
    content = export(learner, tmp_path / "first", purpose, age)
    other = replace(learner, folder=LearningFolder(tmp_path / "second"))
    if is_learned:
        assert import_learned(content, other, device).what == "imported"
        return
    with pytest.raises(TransferRefused):
        import_learned(content, other, device)
    assert other.folder.takes() == []


def test_file_of_something_else_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TransferRefused, match="the file is not what a device has learned"):
        read_learned(io.BytesIO(b"PK"), "the file")
