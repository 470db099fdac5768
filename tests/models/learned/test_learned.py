"""Signs that a device learned: where teaching is refused, and the file of what was learned."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.config import SHIPPED_MODEL
from edge.demo.tour import TAKES
from landmarkers.take import TAKE_SUFFIX, Provenance, Take
from landmarkers.tracking import FINGERPRINT
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.labels import Sign
from models.learned import (
    LearnedClassifier,
    LearnedDamaged,
    LearnedHead,
    Teacher,
    TeachingUnavailable,
    read_head,
    write_head,
)
from models.learned.cohort import Cohort
from tests.edge.tiny_bundle import SIGNS, write_bundle

OWN = Sign(sign_id=2_000_000, word="عيادة", word_en="clinic")


def head(**changes: Any) -> LearnedHead:
    """Return what was learned of one sign, beside three of a bundle; embeddings have four numbers of each expert."""
    embeddings = np.random.default_rng(1).normal(size=(8, 9)).astype(np.float32)
    cohort = Cohort.of(embeddings[:6], [sign.sign_id for sign in SIGNS] * 2)
    whole = LearnedHead("0" * 64, (*SIGNS, OWN), cohort, embeddings[6:], np.array([OWN.sign_id] * 2))
    return replace(whole, **changes)


def test_bundle_without_embedding_cannot_learn(tmp_path: Path) -> None:
    bundle = open_bundle(write_bundle(tmp_path / "tiny"))
    with pytest.raises(TeachingUnavailable, match="^tiny@3 cannot be taught signs, as it was exported without"):
        Teacher(bundle, OnnxClassifier(bundle))


def test_take_like_the_learned_ones_is_their_sign_and_no_other_changes() -> None:
    learned, before = head(), np.array([0.5, 0.3, 0.1, 0.1], np.float32)
    alike = learned.adjust(before, learned.embeddings[0])
    np.testing.assert_allclose(alike.sum(), 1.0, rtol=1e-5)
    assert alike.argmax() == 3
    assert alike[3] > 0.9
    other = learned.adjust(before, -learned.embeddings[0])
    np.testing.assert_allclose(np.delete(other, 3), before, atol=1e-3)


def test_persons_own_way_of_a_known_sign_is_that_sign() -> None:
    learned = head(signs=SIGNS, sign_ids=np.array([SIGNS[1].sign_id] * 2))
    answer = learned.adjust(np.array([0.9, 0.02, 0.03, 0.05], np.float32), learned.embeddings[0])
    assert answer.shape == (4,)
    assert answer.argmax() == 1


def test_file_of_a_head_answers_as_the_head(tmp_path: Path) -> None:
    path = tmp_path / "learned.npz"
    path.write_bytes(write_head(head()))
    again, before = read_head(path), np.array([0.5, 0.3, 0.1, 0.1], np.float32)
    for embedding in np.random.default_rng(2).normal(size=(4, 9)).astype(np.float32):
        np.testing.assert_allclose(again.adjust(before, embedding), head().adjust(before, embedding), atol=0.05)
    assert (again.signs, again.learned, again.model) == (head().signs, head().learned, head().model)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        write_head(head())[:200],
        write_head(head(embeddings=np.zeros((2, 7), np.float32))),
        write_head(head(embeddings=np.full((2, 9), np.inf, np.float32))),
        write_head(head(sign_ids=np.array([1, 2]))),
    ],
)
def test_damaged_file_of_a_head_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "learned.npz"
    path.write_bytes(content)
    with pytest.raises(LearnedDamaged, match=r"is not what a device learned: .+"):
        read_head(path)


@pytest.fixture(scope="module")
def shipped() -> tuple[Teacher, OnnxClassifier]:
    bundle = open_bundle(SHIPPED_MODEL)
    classifier = OnnxClassifier(bundle)
    return Teacher(bundle, classifier), classifier


def test_shipped_bundle_is_learned_a_word_and_keeps_the_others(shipped: tuple[Teacher, OnnxClassifier]) -> None:
    teacher, classifier = shipped
    takes = [Take.load(path) for path in sorted(TAKES.glob(f"*{TAKE_SUFFIX}"))]
    own = replace(takes[-1], points=takes[-1].points[::-1].copy(), provenance=provenance_of(OWN))
    learned = LearnedClassifier(classifier, teacher.learn([own], [OWN]))
    later = replace(own, points=own.points[2:], times=own.times[2:])
    assert classifier.classify(later).best.sign != OWN
    assert learned.classify(later).best.sign == OWN
    assert [learned.classify(take).best.sign.sign_id for take in takes] == [take.provenance.sign_id for take in takes]
    assert teacher.likeness(own, later) > 0.8 > teacher.likeness(own, takes[0])


def test_learning_needs_a_name_for_a_new_sign(shipped: tuple[Teacher, OnnxClassifier]) -> None:
    take = Take.load(next(TAKES.glob(f"*{TAKE_SUFFIX}")))
    with pytest.raises(ValueError, match=f"sign {OWN.sign_id} has no name"):
        shipped[0].learn([replace(take, provenance=provenance_of(OWN))], [])


def test_what_was_learned_with_another_bundle_does_not_fit(shipped: tuple[Teacher, OnnxClassifier]) -> None:
    teacher = shipped[0]
    learned = teacher.learn([Take.load(next(TAKES.glob(f"*{TAKE_SUFFIX}")))], [])
    assert teacher.fits(learned)
    assert not teacher.fits(head())


def provenance_of(sign: Sign) -> Provenance:
    return Provenance("own/train/1", FINGERPRINT, "reception", "train", sign.sign_id)
