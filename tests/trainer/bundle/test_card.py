"""A model card says of the data what is counted and what was stated, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landmarkers.layout import DEFAULT_PARTS
from landmarkers.take import Provenance
from models.labels import Sign
from tests.consented_takes import consent
from tests.synthetic_takes import LANDMARKER, make_take
from trainer.bundle.card import CardContent, write_card
from trainer.bundle.quantise import QuantisationResult, QuantisedNetwork
from trainer.bundle.training_facts import Measurement, TrainingFacts
from trainer.cli.main import main as trainer
from trainer.data.store import Store
from trainer.data.store_builder import build_store
from trainer.evaluation.metrics import HeldOutResult, evaluate
from trainer.training.recipe import RECIPES
from trainer.training.run import Run

SKELETON, TRACHEA = (
    Sign(sign_id=71, word="هيكل عظمي", word_en="Skeleton"),
    Sign(sign_id=76, word="قصبة هوائية", word_en="Trachea"),
)
WATER, TEA = (Sign(sign_id=71, word="ماء", word_en="water"), Sign(sign_id=76, word="شاي", word_en="tea"))
FP32 = QuantisedNetwork("fp32", 1, 1.0, 1.0, 0.0)


_DEFAULTS: dict[str, Any] = {
    "held_out": (),
    "about": None,
    "terms": None,
    "with_exemplars": True,
    "is_own_held_out": True,
    "rejected": 0,
}


@dataclass
class Cards:
    """Writes cards of runs on synthetic takes."""

    folder: Path

    def write(
        self,
        signs: Sequence[Sign],
        trained: Sequence[Provenance],
        measured: Sequence[Provenance] = (),
        fine_tuning: dict[str, Any] | None = None,
        landmarker: str = LANDMARKER,
        **more: Any,
    ) -> str:
        paths = []
        for number, one in enumerate((*trained, *measured)):
            paths.append(self.folder / f"{number}.take.npz")
            make_take(provenance=one).save(paths[-1])
        build_store(paths, DEFAULT_PARTS, self.folder / "takes.store")
        store = Store(self.folder / "takes.store")
        metadata = {"seed": 1, "fine_tuning": fine_tuning}
        train = tuple(range(len(trained)))
        run = Run(self.folder, RECIPES["trial"], tuple(signs), train, (), "all", landmarker, metadata)
        measurements = [Measurement(tuple(trained), tuple(measured))] if measured else []
        content = CardContent(
            run=run, store=store, facts=TrainingFacts.of(run, store, measurements), test=None,
            quantisation=QuantisationResult((FP32,), FP32),
            **(_DEFAULTS | more),
        )  # fmt: skip
        return write_card("mine", 1, content)


@pytest.fixture
def cards(tmp_path: Path) -> Cards:
    return Cards(tmp_path)


def take(clip: str, signer: str | None, sign_id: int | None, variant: int = 0, split: str = "train") -> Provenance:
    return Provenance(clip, LANDMARKER, signer, split, sign_id, variant)


def test_own_words_with_karsls_numbers_and_layout_are_not_called_karsl(cards: Cards) -> None:
    card = cards.write([WATER, TEA], [take("01/01/train/0071/a", "01", 71), take("0076", None, 76)])
    assert "KArSL" not in card
    assert "three men" not in card
    assert "Classifies 2 signs (71 · ماء (water); 76 · شاي (tea)) from landmarks" in card
    assert "Where the clips come from, and who made them, was not stated" in card
    assert "The terms of the clips were not stated" in card
    assert "2 clips (1 of signer 01, 1 of signers who are not known) of 2 signs, each as it was recorded." in card


def test_karsls_clips_stand_there_with_its_terms(cards: Cards) -> None:
    card = cards.write([SKELETON, TRACHEA], [take("01/01/train/0071/a", "01", 71), take("0076", None, 76)])
    assert "Classifies 2 signs (the signs 71 · هيكل عظمي" in card
    assert "The clips are of KArSL-502, as labels and signers tell: three men" in card
    assert "which is for research" in card
    assert "not stated" not in card


def test_a_mixture_tells_both(cards: Cards) -> None:
    clips = [take("01/01/train/0071/a", "01", 71), *(take(f"p3/{name}", "p3", 76) for name in "ab")]
    card = cards.write([SKELETON, TEA], clips)
    assert "1 of the clips are of KArSL-502" in card
    assert "Where the others come from, and who made them, was not stated" in card
    assert "which is for research" in card
    assert "The terms of the other clips were not stated" in card


def test_what_is_stated_stands_in_the_card_instead(cards: Cards) -> None:
    clips = [take("01/01/train/0071/a", "01", 71)]
    card = cards.write([SKELETON], clips, about="Signed by the deaf club of Aleppo.", terms="For its members alone.")
    assert "## Training data\n\nSigned by the deaf club of Aleppo.\n\n1 clips" in card
    assert "## Terms\n\nFor its members alone.\n\nThe program around" in card
    assert "for research" not in card


def test_variants_are_counted_where_there_are_any(cards: Cards) -> None:
    clips = [take("a", "p3", 71), take("a", "p3", 71, 1), take("a", "p3", 71, 2), take("b", "p3", 76)]
    card = cards.write([WATER, TEA], clips)
    assert "2 clips (2 of signer p3) of 2 signs, each as it was recorded, and 2 views of them with changed" in card


def test_takes_of_unknown_signs_are_counted(cards: Cards) -> None:
    assert "takes of other signs" not in cards.write([WATER], [take("a", "p3", 71)])
    card = cards.write([WATER], [take("a", "p3", 71), take("b", None, None), take("c", None, None)])
    assert "1 clips (1 of signer p3) of 1 signs" in card
    assert '2 takes of other signs were trained as "no sign".' in card


def test_imported_key_points_are_not_called_tracked_as_on_the_device(cards: Cards) -> None:
    clips = [take("a", "p3", 71)]
    assert "tracked as on the device" in cards.write([WATER], clips)
    for landmarker in ("key-points-184-image", "pose-format-holistic"):
        assert "imported key points, which no device produces" in cards.write([WATER], clips, landmarker=landmarker)


@pytest.mark.parametrize(
    ("is_own", "patience", "sentence"),
    [
        (True, None, "The table below is of this network before it was quantised"),
        (False, None, "The tables below are of networks of the same recipe"),
        (True, None, "These had no influence on it; the temperature is fitted to them."),
        (False, None, "the temperature is fitted to those of the first of these tables."),
        (True, 5, "These decided when training ended (`--patience`); the temperature"),
    ],
)
def test_the_influence_of_held_out_clips_is_stated(
    cards: Cards, monkeypatch: pytest.MonkeyPatch, sentence: str, patience: int | None, *, is_own: bool
) -> None:
    monkeypatch.setitem(RECIPES, "trial", replace(RECIPES["trial"], patience=patience))
    clip = take("c", "p3", 71)
    probabilities = np.array([[1.0, 0.0]], np.float32)
    held_out = (HeldOutResult("10% of the clips held out", evaluate(probabilities, [WATER], [clip])),)
    card = cards.write([WATER], [take("a", "p3", 71)], [clip], held_out=held_out, is_own_held_out=is_own)
    assert sentence in card


def test_rejection_is_stated_where_there_is_one(cards: Cards) -> None:
    clip = take("b", "p4", 71)
    held_out = [HeldOutResult("all", evaluate(np.eye(2, dtype=np.float32)[:1], [WATER], [clip]))]
    texts = [cards.write([WATER], [take("a", "p3", 71)], [clip], held_out=held_out, rejected=count) for count in (0, 7)]
    assert ["fitted to 7 takes of such signs" in text for text in texts] == [False, True]


def test_limits_are_counted(cards: Cards) -> None:
    trained = [take("a", "p3", 71), take("b", "p3", 71), take("c", "p3", 76)]
    limits = cards.write([WATER, TEA], trained, [take("d", "p3", 71, split="test")]).partition("## Limits")[2]
    assert "It was trained on clips of one signer alone." in limits
    assert "how well it reads strangers is not known" in limits
    assert "one clip each, so that nothing tells what may vary in them (1): 76 · شاي" in limits
    assert "their accuracy is not known (1): 76 · شاي" in limits


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        ([], "No clip was kept apart"),
        ([take("c", "yusuf", 71, split="test")], "were measured, as stated above: signers yusuf."),
        ([take("c", "p1", 76, split="test")], "1 of the measured clips are of a signer of whom no clip of that sign"),
        ([take("c", None, 71, split="test")], "how well it reads strangers is not known"),
    ],
)
def test_strangers_are_named_where_they_were_measured(cards: Cards, measured: list[Provenance], sentence: str) -> None:
    trained = [take("a", "p3", 71), take("b", "p1", 71), take("e", "p3", 76)]
    assert sentence in cards.write([WATER, TEA], trained, measured)


def test_signers_who_are_not_known_are_not_counted_as_one(cards: Cards) -> None:
    card = cards.write([WATER], [take("a", None, 71), take("b", None, 71)])
    assert "nobody can tell how many people it has seen" in card


def test_a_fine_tuned_model_tells_its_new_clips_and_its_parent(cards: Cards) -> None:
    clips = [take("01/01/train/0071/a", "01", 71), take("sara/train/0076/01", "sara", 76)]
    fine_tuning = {"parent": "karsl-230@6", "rehearsed_takes": 1}
    card = cards.write([SKELETON, TEA], clips, fine_tuning=fine_tuning, terms="Free.", with_exemplars=False)
    assert "on 1 clips (1 of signer sara) of 1 signs (76 · شاي (tea))" in card
    assert "The terms of karsl-230@6 bind these weights, too; its card states them.\n\nFree." in card
    assert "It was fine-tuned on clips of one signer alone." in card
    assert "exemplars.npz" not in card


@pytest.mark.parametrize("text", ["", " \n", "@missing.md", "@.", "x" * 10_001])
def test_texts_that_cannot_stand_in_a_card_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        trainer(["export", str(tmp_path), "--to", str(tmp_path / "b"), "--name", "mine", "--terms", text])
    assert ended.value.code == 2
    assert "argument --terms:" in capsys.readouterr().err


def test_people_who_agreed_are_counted_and_not_named(cards: Cards) -> None:
    agreed = [
        Provenance(f"{person}/{number}", LANDMARKER, person, "train", 71, consent=consent(person))
        for person, number in (("maryam", 1), ("maryam", 2), ("sami", 1))
    ]
    measured = [replace(agreed[0], signer="laila", clip="laila/1")]
    card = cards.write([SKELETON], [*agreed, Provenance("a", LANDMARKER, "04", "train", 71)], measured)
    assert "4 clips (1 of signer 04, 3 of 2 who agreed to it)" in card
    assert "trained on clips of 3 signers." in card
    for person in ("maryam", "sami", "laila"):
        assert person not in card
