"""A bundle that is damaged, has another layout or fails its probe is refused with one sentence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landmarkers.take import Take
from models import bundle as bundles
from models.bundle import BundleRefused, open_bundle
from models.classifier import OnnxClassifier


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest, after updating the files' digests."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = {name: bundles.sha256_of(folder / name) for name in manifest["files"]}
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def refusal(folder: Path) -> str:
    with pytest.raises(BundleRefused) as refused:
        OnnxClassifier(open_bundle(folder))
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence


def test_whole_bundle_classifies_a_take(bundle: Path, synthetic_takes: Path) -> None:
    opened = open_bundle(bundle)
    take = Take.load(sorted(synthetic_takes.glob("2-*.take.npz"))[0])
    prediction = OnnxClassifier(opened).classify(take)
    assert prediction.best.sign.sign_id == 3
    assert len(prediction.candidates) == len(opened.signs) == 4
    assert sum(candidate.confidence for candidate in prediction.candidates) + prediction.no_sign == pytest.approx(
        1.0, abs=1e-4
    )
    assert opened.manifest.title == "tiny@1"


def test_times_are_relative_to_the_takes_start(bundle: Path, synthetic_takes: Path) -> None:
    classifier = OnnxClassifier(open_bundle(bundle))
    take = Take.load(next(synthetic_takes.glob("*.take.npz")))
    shifted = Take(take.points, take.times + 1e6, take.provenance)
    assert classifier.classify(shifted).best.confidence == pytest.approx(
        classifier.classify(take).best.confidence, abs=1e-3
    )


@pytest.mark.parametrize("name", sorted(bundles.HASHED_FILES | bundles.OPTIONAL_FILES))
def test_flipped_byte_in_any_file_is_refused_by_name(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    assert name in refusal(bundle)


@pytest.mark.parametrize("name", [*sorted(bundles.HASHED_FILES | bundles.OPTIONAL_FILES), "manifest.json"])
def test_missing_file_is_refused_by_name(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert name in refusal(bundle)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "is no bundle" in refusal(tmp_path / "none")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("format", 1, "export it again"),
        ("format", 99, "install a later ishara"),
        ("layout", "coco-17", "layout"),
        ("smallest_app_version", "99.0.0", "99.0.0 or later"),
        ("name", "Not A Name", "name"),
        ("version", 10**30, "version"),
        ("smallest_app_version", "٩٩.٠.٠", "smallest_app_version"),
        ("calibration", {"threshold": float("nan")}, "damaged"),
        ("files", {"README.md": "0" * 64}, "does not name labels.json"),
        ("parts", [["face"]], "parts"),
    ],
)
def test_incompatible_manifest_is_refused(bundle: Path, key: str, value: object, sentence: str) -> None:
    rewrite(bundle, lambda manifest: manifest.update({key: value}))
    assert sentence in refusal(bundle)


def test_bundle_of_a_later_release_in_this_format_is_opened(bundle: Path) -> None:
    expected = open_bundle(bundle).manifest

    def add(manifest: dict[str, Any]) -> None:
        manifest["surprise"] = manifest["spotter"]["surprise"] = 1
        manifest["accuracy"][0]["surprise"] = [[]]
        manifest["files"]["surprise.npz"] = "0" * 64

    labels = json.loads((bundle / "labels.json").read_text())
    (bundle / "labels.json").write_text(json.dumps([label | {"kind": "word"} for label in labels]))
    rewrite(bundle, add)
    opened = open_bundle(bundle)
    assert opened.manifest.spotter == expected.spotter
    assert opened.manifest.accuracy == expected.accuracy
    assert [sign.sign_id for sign in opened.signs] == [label["sign_id"] for label in labels]


def test_bundle_without_what_was_added_later_is_opened(bundle: Path) -> None:
    def remove(manifest: dict[str, Any]) -> None:
        del manifest["format"], manifest["layout"], manifest["files"]["exemplars.npz"]
        manifest["spotter"] = {}

    rewrite(bundle, remove)
    assert open_bundle(bundle).manifest.spotter.max_duration_s > 0.0


NO_JSON = {
    "empty": b"",
    "not UTF-8": b'{"name": "\xff"}',
    "nested": b"[" * 60_000,
    "long number": b'{"format": ' + b"9" * 5000 + b"}",
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "NaN": b'{"format": NaN}',
    "large": b"[" + b" " * 2_000_000 + b"]",
    "no object": b"[1]",
    "null": b"null",
}


@pytest.mark.parametrize("content", NO_JSON.values(), ids=NO_JSON)
@pytest.mark.parametrize("name", ["manifest.json", "labels.json"])
def test_manifest_or_labels_that_are_none_are_refused_by_name(bundle: Path, name: str, content: bytes) -> None:
    (bundle / name).write_bytes(content)
    if name != "manifest.json":
        rewrite(bundle, lambda _: None)
    assert name in refusal(bundle)


@pytest.mark.parametrize("name", ["manifest.json", "labels.json", "probe.npz", "model.onnx"])
def test_folder_in_place_of_a_file_is_refused_by_name(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    (bundle / name).mkdir()
    assert name in refusal(bundle)


def test_probe_that_unpacks_to_gigabytes_is_refused(bundle: Path) -> None:
    np.savez_compressed(bundle / "probe.npz", points=np.zeros((10_000, 543, 3), np.float32))
    rewrite(bundle, lambda _: None)
    assert "too large" in refusal(bundle)


def test_truncated_manifest_is_refused(bundle: Path) -> None:
    content = (bundle / "manifest.json").read_bytes()
    (bundle / "manifest.json").write_bytes(content[: len(content) // 2])
    assert "manifest.json" in refusal(bundle)


def test_probe_with_another_result_is_refused(bundle: Path) -> None:
    with np.load(bundle / "probe.npz") as probe:
        content = dict(probe)
    content["probabilities"] = np.roll(content["probabilities"], 1)
    np.savez_compressed(bundle / "probe.npz", **content)
    rewrite(bundle, lambda _: None)
    assert "has another result" in refusal(bundle)


def test_labels_of_another_count_are_refused(bundle: Path) -> None:
    labels = json.loads((bundle / "labels.json").read_text())
    (bundle / "labels.json").write_text(json.dumps(labels[:-1]))
    rewrite(bundle, lambda _: None)
    assert "labels name 3 signs" in refusal(bundle)


def test_file_that_is_not_a_network_is_refused(bundle: Path) -> None:
    (bundle / "model.onnx").write_bytes(b"this is no ONNX file")
    rewrite(bundle, lambda _: None)
    assert "cannot run here" in refusal(bundle)
