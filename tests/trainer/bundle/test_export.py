"""Export of a run to a bundle: ONNX, quantisation, card, manifest, signature."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import numpy_helper

from landmarkers.take import Provenance, Take
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.keys import generate_keys
from models.labels import Sign, labels_json
from models.learned import LearnedClassifier, Teacher
from models.signature import TrustedKeys
from tests.synthetic_takes import LANDMARKER, make_take
from trainer.bundle.export import export_fp32
from trainer.bundle.quantise import QuantisationData, QuantisationHarmful, select_network
from trainer.cli.main import main as trainer
from trainer.model.network import SignClassifier

INT8_TYPES = {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}


@dataclass(frozen=True)
class Fp32Export:
    """A bundle in fp32 with all options, the torch network in it, its key, and takes of other unknown signs."""

    bundle: Path
    network: SignClassifier
    keys: Path
    others: list[Take]

    @property
    def model(self) -> Path:
        """Return the ONNX file."""
        return self.bundle / "model.onnx"


@pytest.fixture(scope="module")
def fp32_export(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Fp32Export:
    folder = tmp_path_factory.mktemp("fp32-export")
    private, _ = generate_keys(folder / "keys", "workshop")
    takes = [make_take(shape, seed=shape) for shape in range(20, 32)]
    for number, take in enumerate(takes[:6]):
        take.save(folder / f"unknown/{number}.take.npz")
    (folder / "terms.md").write_text("\ufeffCC BY 4.0.\n\n## Limits\nNone\x1b[2J.\n", encoding="utf-8")
    command = ["export", str(tiny_run), "--to", str(folder / "bundle"), "--name", "mine", "--precision", "fp32"]
    command += ["--key", str(private), "--unknown", str(folder / "unknown")]
    command += ["--about", "Signed at home.", "--terms", f"@{folder / 'terms.md'}"]
    networks: list[SignClassifier] = []

    def export(network: SignClassifier, path: Path) -> None:
        networks.append(network)
        export_fp32(network, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainer.bundle.bundling.export_fp32", export)
        assert trainer(command) == 0
    return Fp32Export(folder / "bundle", networks[0], folder / "keys", takes[6:])


def load_takes(folder: Path) -> list[Take]:
    return [Take.load(path) for path in sorted(folder.glob("*.take.npz"))]


def test_graph_matches_torch_at_any_length_and_with_padding(fp32_export: Fp32Export) -> None:
    session = ort.InferenceSession(str(fp32_export.model))
    for batch, time in ((1, 2), (1, 90), (3, 17)):
        points, times = torch.rand(batch, time, 543, 3), torch.arange(float(time)).repeat(batch, 1) / 30
        points[0, : time // 2, 468:489] = torch.nan
        times[-1, time // 2 + 1 :] = torch.nan
        with torch.no_grad():
            expected = fp32_export.network.outputs(points, times)
        found = session.run(["probabilities", "embedding"], {"points": points.numpy(), "times": times.numpy()})
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other.numpy(), atol=1e-4)


def test_int8_agrees_with_fp32_and_is_smaller(
    tiny_bundle: Path, fp32_export: Fp32Export, synthetic_takes: Path
) -> None:
    session = ort.InferenceSession(str(fp32_export.model))
    bundle = open_bundle(tiny_bundle)
    classifier = OnnxClassifier(bundle)
    agreements = 0
    takes = load_takes(synthetic_takes)
    for take in takes:
        int8 = classifier.probabilities(take.points, take.times)
        inputs = {"points": take.points[None], "times": take.times[None].astype(np.float32)}
        float32 = session.run(["probabilities"], inputs)[0][0]
        agreements += int(int8.argmax() == float32.argmax())
    assert agreements >= 0.95 * len(takes)
    assert bundle.model.stat().st_size < 0.5 * fp32_export.model.stat().st_size


def test_exported_bundle_learns_a_word(tiny_bundle: Path, synthetic_takes: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    classifier = OnnxClassifier(bundle)
    own = Sign(sign_id=2_000_000, word="عيادة", word_en="clinic")
    take = load_takes(synthetic_takes)[0]
    backwards = replace(take, points=take.points[::-1].copy(), provenance=replace(take.provenance, sign_id=own.sign_id))
    head = Teacher(bundle, classifier).learn([backwards], [own])
    assert classifier.classify(backwards).best.sign != own
    assert LearnedClassifier(classifier, head).classify(backwards).best.sign == own


def test_bundle_can_be_exported_in_fp32(fp32_export: Fp32Export) -> None:
    graph = onnx.load(str(fp32_export.model)).graph
    assert {weights.data_type for weights in graph.initializer} & INT8_TYPES == set()
    assert "**fp32** (this one)" in (fp32_export.bundle / "README.md").read_text()


def test_texts_for_the_card_come_from_the_command(fp32_export: Fp32Export) -> None:
    card = (fp32_export.bundle / "README.md").read_text(encoding="utf-8")
    assert "## Training data\n\nSigned at home." in card
    assert "## Terms\n\nCC BY 4.0.\n\n\\## Limits\nNone [2J." in card
    assert json.loads((fp32_export.bundle / "manifest.json").read_text())["files"].keys() >= {"README.md"}


def test_bundle_is_less_sure_of_signs_like_those_that_it_shall_not_know(
    tiny_bundle: Path, fp32_export: Fp32Export
) -> None:
    others, known = fp32_export.others, [make_take(shape, seed=50) for shape in range(4)]
    rejecting, before = (OnnxClassifier(open_bundle(folder)) for folder in (fp32_export.bundle, tiny_bundle))
    for take in others:
        assert rejecting.classify(take).best.confidence < before.classify(take).best.confidence + 0.01
    confidences = [[rejecting.classify(take).best.confidence for take in takes] for takes in (others, known)]
    assert max(confidences[0]) < min(confidences[1])


def test_unknown_signs_without_held_out_clips_or_of_another_landmarker_are_refused(
    tiny_run: Path, synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_take(20, provenance=Provenance("a", "another")).save(tmp_path / "unknown/a.take.npz")
    export = ["--to", str(tmp_path / "bundle"), "--name", "tiny", "--unknown", str(tmp_path / "unknown")]
    assert trainer(["export", str(tiny_run), *export]) == 2
    assert "landmarks of another" in capsys.readouterr().err
    command = ["train", "--takes", str(synthetic_takes), "--run", str(tmp_path / "all"), "--recipe", "trial"]
    assert trainer([*command, "--epochs", "1", "--validation", "0", "--threads", "1"]) == 0
    assert trainer(["export", str(tmp_path / "all"), *export]) == 2
    assert "held no clip out" in capsys.readouterr().err


def test_int8_that_loses_accuracy_is_refused(
    fp32_export: Fp32Export, synthetic_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = onnx.load(str(fp32_export.model))
    for weights in graph.graph.initializer:
        if len(weights.dims) > 1 and weights.data_type == onnx.TensorProto.FLOAT:
            weights.CopyFrom(numpy_helper.from_array(0.0 * numpy_helper.to_array(weights), weights.name))
    monkeypatch.setattr(
        "trainer.bundle.quantise._quantisers", lambda *_: {"bad": lambda path: onnx.save(graph, str(path))}
    )
    takes = load_takes(synthetic_takes)
    classes = [(take.provenance.sign_id or 0) - 1 for take in takes]
    with pytest.raises(QuantisationHarmful, match="more than 0.5% is lost"):
        select_network(fp32_export.model, tmp_path / "int8.onnx", QuantisationData(takes, classes, takes))
    assert not (tmp_path / "int8.onnx").exists()


def test_card_and_manifest_hold_the_measured_figures(tiny_bundle: Path) -> None:
    manifest = json.loads((tiny_bundle / "manifest.json").read_text())
    card = (tiny_bundle / "README.md").read_text()
    assert [accuracy["count"] for accuracy in manifest["accuracy"]][-1] == 4
    for accuracy in manifest["accuracy"]:
        start = rf"\| all \| {accuracy['count']} \| {accuracy['top1']:.1%} \|"
        assert re.search(rf"{start} [\d.]+% to [\d.]+% \| {accuracy['top5']:.1%} \|", card)
    for expected in ("Training data", "signer 01", "Quantisation", "Limits", "Terms"):
        assert expected in card
    assert "KArSL" not in card, "its signs have numbers of KArSL's, and other words"


def test_evaluate_prints_the_figures_of_the_card(
    tiny_bundle: Path, synthetic_takes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trainer(["evaluate", str(synthetic_takes), "--model", str(tiny_bundle), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    manifest = json.loads((tiny_bundle / "manifest.json").read_text())
    assert result["count"] == 4
    assert result["top1"] == manifest["accuracy"][-1]["top1"]
    assert set(result["by_sign"]) == {"1", "2", "3", "4"}
    low, high = result["by_sign"]["3"]["top1_interval"]
    assert low <= result["by_sign"]["3"]["top1"] <= high
    assert sum(one["count"] for one in result["reliability"]) == 4
    assert {"top5", "by_signer", "by_group", "confusions", "calibration_error"} <= set(result)


def test_evaluate_writes_a_table_and_a_report(
    tiny_bundle: Path, synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(synthetic_takes), "--model", str(tiny_bundle), "--split", "all"]
    assert trainer([*command, "--html", str(tmp_path / "report.html")]) == 0
    table = capsys.readouterr().out
    assert re.search(r"signer 01 +16 +\d+\.\d % +\d+\.\d to \d+\.\d %", table)
    report = (tmp_path / "report.html").read_text()
    for expected in ("signer 01", "tiny@1", "كلمة2", "fraction of correct predictions"):
        assert expected in report


def test_signs_that_the_bundle_does_not_know_are_listed(
    tiny_bundle: Path, synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_take(5, provenance=Provenance("stranger", LANDMARKER, "01", "test", 77)).save(tmp_path / "stranger.take.npz")
    folders = [str(synthetic_takes), str(tmp_path)]
    labels = (Sign(sign_id=77, word="ماء", word_en="water"),)
    (tmp_path / "labels.json").write_bytes(labels_json(labels))
    assert trainer(["evaluate", *folders, "--model", str(tiny_bundle)]) == 0
    named = "Not evaluated: 1 clips of signs that it does not know (77 · ماء (water))."
    assert named in capsys.readouterr().out
    assert trainer(["evaluate", str(tmp_path), "--model", str(tiny_bundle)]) == 2
    assert "no clip of a sign that tiny@1 knows" in capsys.readouterr().err


def test_landmarks_that_no_device_finds_are_evaluated_and_named(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_take(0, provenance=Provenance("one", "others", "01", "test", 1)).save(tmp_path / "one.take.npz")
    assert trainer(["evaluate", str(tmp_path), "--model", str(tiny_bundle)]) == 0
    assert f"Landmarks of others are among them; devices find those of {LANDMARKER}." in capsys.readouterr().out


def test_another_word_of_the_same_number_is_not_evaluated_as_the_model_s(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_take(0, provenance=Provenance("tea", LANDMARKER, "01", "test", 1)).save(tmp_path / "tea.take.npz")
    (tmp_path / "labels.json").write_bytes(labels_json((Sign(sign_id=1, word="شاي", word_en="tea"),)))
    assert trainer(["evaluate", str(tmp_path), "--model", str(tiny_bundle)]) == 2
    error = capsys.readouterr().err
    assert f"sign 1 is “كلمة0” in tiny@1 and “شاي” in {tmp_path}" in error
    assert "Traceback" not in error


def test_failed_export_leaves_the_old_bundle(
    tiny_run: Path, tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_bundle, tmp_path / "bundle")
    shutil.copytree(tiny_run, tmp_path / "run")
    (tmp_path / "run" / "checkpoint.pt").unlink()
    assert trainer(["export", str(tmp_path / "run"), "--to", str(tmp_path / "bundle"), "--name", "tiny"]) == 2
    assert "checkpoint.pt" in capsys.readouterr().err
    OnnxClassifier(open_bundle(tmp_path / "bundle"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "run"]


def test_export_of_a_folder_without_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes").mkdir()
    assert trainer(["export", str(tmp_path / "notes"), "--to", str(tmp_path / "b"), "--name", "tiny"]) == 2
    assert "not the folder of a run" in capsys.readouterr().err


def test_bundle_is_signed_on_export(
    tiny_run: Path, fp32_export: Fp32Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["export", str(tiny_run), "--to", str(tmp_path / "signed"), "--name", "signed", "--key"]
    assert trainer([*command, str(tmp_path / "none.key")]) == 2
    assert "none.key cannot be read" in capsys.readouterr().err
    assert TrustedKeys.read(fp32_export.keys).verify(fp32_export.bundle).name == "workshop"
