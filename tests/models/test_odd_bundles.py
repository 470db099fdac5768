"""A bundle of which anything at all was made is refused with one sentence, at once."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, load_model, save_model

from edge.__main__ import main
from models.bundle import BundleRefused, open_bundle, sha256_of
from models.bundle_file import MAX_BUNDLE_MB, MB
from models.classifier import OnnxClassifier
from tests.edge.tiny_bundle import write_bundle
from tests.models.stock import change_manifest

Spoil = Callable[[Path], None]


def put_pipe(path: Path) -> None:
    """Make a pipe into which nobody ever writes."""
    os.mkfifo(path)


def put_endless_file(path: Path) -> None:
    path.symlink_to("/dev/zero")


def put_huge_file(path: Path) -> None:
    """Make a file that takes no room on the disk, and hours to read."""
    with path.open("wb") as file:
        file.truncate(1 << 40)


def put_loop(path: Path) -> None:
    path.symlink_to(path.name)


FILES: Final[dict[str, Spoil]] = {
    "pipe": put_pipe,
    "endless": put_endless_file,
    "huge": put_huge_file,
    "loop": put_loop,
    "folder": Path.mkdir,
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


def refusal(bundle: Path) -> str:
    with pytest.raises(BundleRefused) as refused:
        OnnxClassifier(open_bundle(bundle))
    assert str(refused.value).isprintable()
    return str(refused.value)


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "labels.json", "probe.npz", "README.md"])
@pytest.mark.parametrize("kind", FILES)
def test_what_is_no_file_of_a_bundle_is_refused_by_name(kind: str, name: str, bundle: Path) -> None:
    (bundle / name).unlink()
    FILES[kind](bundle / name)
    began = time.monotonic()
    assert name in refusal(bundle)
    assert time.monotonic() - began < 2.0


def test_bundle_may_be_as_large_as_the_limit(bundle: Path) -> None:
    with (bundle / "README.md").open("wb") as card:
        card.truncate(MAX_BUNDLE_MB * MB)
    assert "is damaged" in refusal(bundle)
    with (bundle / "README.md").open("ab") as card:
        card.write(b" ")
    assert f"more than {MAX_BUNDLE_MB} MB" in refusal(bundle)


def constant(shape: list[int]) -> ModelProto:
    """Return a network that always returns zeros."""
    return returning(helper.make_tensor("value", TensorProto.FLOAT, shape, [0.0] * int(np.prod(shape))))


def text() -> ModelProto:
    """Return a network that returns text which is not UTF-8."""
    return returning(TensorProto(data_type=TensorProto.STRING, dims=[1, 4], string_data=[b"\xff"] * 4))


def returning(value: TensorProto) -> ModelProto:
    node = helper.make_node("Constant", [], ["probabilities"], value=value)
    return network(node, helper.make_tensor_value_info("probabilities", value.data_type, list(value.dims)))


def network(node: NodeProto, output: ValueInfoProto) -> ModelProto:
    inputs = [
        helper.make_tensor_value_info("points", TensorProto.FLOAT, ["batch", "time", 543, 3]),
        helper.make_tensor_value_info("times", TensorProto.FLOAT, ["batch", "time"]),
    ]
    graph = helper.make_graph([node], "odd", inputs, [output])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def no_sequence() -> ModelProto:
    node = helper.make_node("SequenceEmpty", [], ["probabilities"])
    return network(node, helper.make_tensor_sequence_value_info("probabilities", TensorProto.FLOAT, None))


NETWORKS: Final[dict[str, Callable[[], ModelProto]]] = {
    "a number": lambda: constant([]),
    "none for the take": lambda: constant([0, 4]),
    "a matrix": lambda: constant([1, 4, 2]),
    "text that is not UTF-8": text,
    "an empty sequence": no_sequence,
}


def replace_network(bundle: Path, model: ModelProto) -> None:
    save_model(model, bundle / "model.onnx")
    rehash(bundle)


def rehash(bundle: Path) -> None:
    names = ("model.onnx", "labels.json", "probe.npz", "README.md")
    change_manifest(bundle, files={name: sha256_of(bundle / name) for name in names})


@pytest.mark.parametrize("kind", NETWORKS)
def test_network_that_returns_something_else_is_refused(kind: str, bundle: Path) -> None:
    replace_network(bundle, NETWORKS[kind]())
    assert "model.onnx" in refusal(bundle)


def test_network_that_wants_more_inputs_is_refused(bundle: Path) -> None:
    model = load_model(bundle / "model.onnx")
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))
    replace_network(bundle, model)
    assert "must take points and times and return probabilities" in refusal(bundle)


def test_network_that_fails_while_it_runs_is_refused(bundle: Path) -> None:
    model = load_model(bundle / "model.onnx")
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [7, 7])
    model.graph.node.append(helper.make_node("Constant", [], ["shape"], value=shape))
    model.graph.node[-2].output[0] = "before"
    model.graph.node.append(helper.make_node("Reshape", ["before", "shape"], ["probabilities"]))
    replace_network(bundle, model)
    assert "cannot run here" in refusal(bundle)


@pytest.mark.parametrize("probabilities", [np.float32(0.5), np.ones((4, 1), np.float32)])
def test_probe_of_another_shape_is_refused(probabilities: np.ndarray, bundle: Path) -> None:
    with np.load(bundle / "probe.npz") as content:
        arrays = dict(content)
    np.savez(bundle / "probe.npz", **(arrays | {"probabilities": probabilities}))
    rehash(bundle)
    assert "has another layout: probabilities" in refusal(bundle)


def test_daemon_refuses_an_odd_bundle_in_one_sentence(bundle: Path, capfd: pytest.CaptureFixture[str]) -> None:
    replace_network(bundle, constant([]))
    assert main(["run", "--model", str(bundle), "--source", "take:none"]) == 2
    assert capfd.readouterr().err == f"ishara-edge: {bundle}/model.onnx predicts an array [], but its probe expects 4\n"
