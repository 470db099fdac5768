"""Signs that a device learned: where teaching is refused, and the file of what was learned."""

from pathlib import Path

import numpy as np
import pytest

from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.labels import Sign
from models.learned import LearnedDamaged, LearnedHead, Teacher, TeachingUnavailable, read_head, write_head
from models.learned.head import OutputLayer
from tests.edge.tiny_bundle import SIGNS, write_bundle

OWN = Sign(sign_id=2_000_000, word="عيادة", word_en="clinic")


def head(classes: int = 5) -> LearnedHead:
    """Return a head of four signs, whose embeddings have three numbers of each expert."""
    random = np.random.default_rng(1)
    handshape, motion = (
        OutputLayer(random.normal(size=(classes, 3)).astype(np.float32), random.normal(size=classes).astype(np.float32))
        for _ in range(2)
    )
    return LearnedHead("0" * 64, (*SIGNS, OWN), frozenset({OWN.sign_id}), (handshape, motion), 1.3, (0.4, 8.0))


def test_bundle_without_embedding_cannot_be_taught(tmp_path: Path) -> None:
    bundle = open_bundle(write_bundle(tmp_path / "tiny"))
    with pytest.raises(TeachingUnavailable, match="^tiny@3 cannot be taught signs, as it was exported without"):
        Teacher(bundle, OnnxClassifier(bundle))


def test_file_of_a_head_answers_as_the_head(tmp_path: Path) -> None:
    path = tmp_path / "learned.npz"
    path.write_bytes(write_head(head()))
    embeddings = np.random.default_rng(2).normal(size=(4, 8)).astype(np.float32)
    again = read_head(path)
    np.testing.assert_array_equal(again.probabilities(embeddings), head().probabilities(embeddings))
    assert (again.signs, again.learned, again.model) == (head().signs, head().learned, head().model)


def test_damaged_file_of_a_head_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "learned.npz"
    for content in (b"", write_head(head())[:200], write_head(head(classes=4))):
        path.write_bytes(content)
        with pytest.raises(LearnedDamaged, match="is not what a device learned"):
            read_head(path)
