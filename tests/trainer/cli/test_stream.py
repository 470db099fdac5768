import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from models.bundle import CARD, open_bundle
from models.classifier import OnnxClassifier
from tests.edge.tiny_bundle import PLACES, SIGNS, write_bundle
from tests.trainer.pages import assert_self_contained
from tests.trainer.stream_takes import rest_take, sign_take
from trainer.cli.main import main as trainer

RESTING_CLIP = "02/02/train/0077/03_02_0077_(12_12_16_16_12_49)"
SIGNING_CLIP = "02/02/test/0071/03_02_0071_(21_11_16_15_34_35)"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that knows the synthetic signer's signs."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Test takes of two signers, three signs with three takes each, and one take that ends at rest."""
    folder = tmp_path_factory.mktemp("takes")
    for sign, place in zip(SIGNS, PLACES, strict=True):
        for who in ("01", "03"):
            for number in range(3):
                take = sign_take(sign.sign_id, place, signer=who, number=number, seconds=1.2)
                take.save(folder / f"{who}-{sign.sign_id}-{number}.take.npz")
    rest_take().save(folder / "rest.take.npz")
    return folder


def metrics(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    assert trainer(["stream", *map(str, arguments), "--json"]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert trainer(["stream", *map(str, arguments)]) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_card_section_is_replaced_and_the_bundle_stays_valid(
    takes: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Path(shutil.copytree(bundle, tmp_path / "mine"))
    for rates in ("10", "15"):
        metrics(capsys, takes, "--model", mine, "--minutes", "0.2", "--rates", rates, "--into-card")
    assert OnnxClassifier(open_bundle(mine))
    card = (mine / CARD).read_text()
    assert card.count("## Continuous signing") == 1
    assert "15 a second, rest" in card
    assert "10 a second" not in card
    assert card.startswith((bundle / CARD).read_text().rstrip())


def test_bundle_that_knows_every_sign_scores_100_percent_with_rest_at_any_rate(
    takes: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = metrics(capsys, takes, "--model", bundle, "--minutes", "0.2", "--words-per-stream", "4")
    with_rest = [row for row in content["conditions"] if row["rest"]]
    assert [row["rate"] for row in with_rest] == [10, 15, 30]
    for row in with_rest:
        assert (row["words"], row["correct"], row["correct_rate"], row["wer"]) == (18, 18, 1.0, 0.0)
        assert (row["substitutions"], row["deletions"], row["insertions"]) == (0, 0, 0)
        # Confident words are emitted before their sign's end; otherwise the hands come down and rest for 0.1 s.
        assert -0.6 <= row["delay_p50_s"] <= 0.0
        assert row["delay_p50_s"] <= row["delay_p95_s"] <= 0.6
    assert content["rest"] == {"minutes": pytest.approx(0.2, abs=0.03), "words": 0, "per_minute": 0.0, "emitted": []}


def test_signs_of_several_folders_and_all_signers_are_joined_in_one_stream(
    takes: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_take(75, PLACES[1], signer="02", seconds=1.2).save(tmp_path / "02" / "one.take.npz")
    page = tmp_path / "streams.html"
    arguments: list[str | Path] = [
        takes,
        tmp_path / "02",
        "--model",
        bundle,
        "--minutes",
        "0",
        "--rates",
        "15",
        "--html",
        page,
    ]
    content = metrics(capsys, *arguments, "--words-per-stream", "19", "--mix-signers")
    with_rest, _ = content["conditions"]
    assert (with_rest["words"], with_rest["correct"]) == (19, 19)
    assert page.read_text().count("signer 01, 02, 03: 19 of 19 correct") >= 1
    metrics(capsys, *arguments, "--words-per-stream", "19")
    assert "signer 02: 1 of 1 correct" in page.read_text()


def test_signs_without_rest_are_separated(takes: Path, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = metrics(capsys, takes, "--model", bundle, "--minutes", "0", "--rates", "30", "--words-per-stream", "3")
    (row,) = [row for row in content["conditions"] if not row["rest"]]
    assert row["correct"] + row["substitutions"] + row["deletions"] == row["words"] == 18
    assert row["correct"] >= 17
    assert content["rest"] is None
    assert content["footage"] is None


def test_words_on_footage_are_false_positives_counted_per_minute(
    takes: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_take(75, PLACES[1], seconds=3.0).save(tmp_path / "waving.take.npz")
    sign_take(75, 0.0, seconds=3.0).save(tmp_path / "below" / "nothing.take.npz")
    content = metrics(capsys, takes, "--model", bundle, "--minutes", "0", "--rates", "10", "--footage", tmp_path)
    footage = content["footage"]
    assert footage["minutes"] == pytest.approx(0.1)
    assert footage["words"] == 1
    assert footage["per_minute"] == pytest.approx(10.0)
    (word,) = footage["emitted"]
    assert (word["clip"], word["sign_id"], word["word"]) == ("waving.take.npz", 75, SIGNS[1].word)


def test_page_draws_every_stream_and_is_self_contained(
    takes: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "streams.html"
    arguments = ["--model", str(bundle), "--minutes", "0", "--words-per-stream", "9", "--html", str(page)]
    assert trainer(["stream", str(takes), *arguments]) == 0
    written = page.read_text(encoding="utf-8")
    drawings = re.findall(r'<svg width="\d+" height="\d+" role="img".*?</svg></div>', written)
    assert len(drawings) == 2 * 2 * 3  # signers, with rest and without, rates
    first = ET.fromstring(drawings[0].removesuffix("</div>"))
    assert len(first.findall("{*}svg") or first.findall("svg")) == 9 + 9  # signs and segments
    assert all(sign.word in drawings[0] for sign in SIGNS)
    assert_self_contained(written)
    assert "100.0%" in capsys.readouterr().out


def test_takes_without_rest_are_refused_in_one_sentence(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_take(75, PLACES[1]).save(tmp_path / "one.take.npz")
    said = refusal(capsys, tmp_path, "--model", bundle)
    assert "no rest to put between signs; add a clip of one of its words in which they lie in view" in said
    rest_take().save(tmp_path / "two.take.npz")
    metrics(capsys, tmp_path, "--model", bundle, "--minutes", "0", "--rates", "15")


def test_unknown_signs_and_missing_footage_are_refused_in_one_sentence(
    takes: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "that the bundle knows" in refusal(capsys, takes, "--model", bundle, "--signs", "1-3")
    assert "no clip and no take" in refusal(capsys, takes, "--model", bundle, "--footage", tmp_path / "none.mp4")


def test_data_set_is_extracted_and_its_other_clips_are_searched_for_rest(
    karsl: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for clip in (RESTING_CLIP, SIGNING_CLIP):
        (tmp_path / clip).parent.mkdir(parents=True)
        (tmp_path / clip).symlink_to(karsl / "karsl-502" / clip)
    content = metrics(capsys, tmp_path, "--model", bundle, "--minutes", "0", "--rates", "15", "--workers", "1")
    assert [row["words"] for row in content["conditions"]] == [1, 1]
