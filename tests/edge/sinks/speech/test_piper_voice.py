"""Piper itself, with a network as small as can be: no voice of it can be had from a package index."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save_model

from edge.sinks.speech.piper_voice import NetworkVoice
from edge.sinks.speech.sound import SpeechUnavailable

RATE: Final = 16000
SAMPLES: Final = 256
"""Of each phoneme."""


@pytest.fixture
def voice_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a voice that says each phoneme as a tone of its own loudness."""
    monkeypatch.setattr("os.nice", lambda _: 0)  # the tests need the processor themselves
    tone = np.sin(np.arange(SAMPLES, dtype=np.float32)).reshape(1, SAMPLES)
    nodes = [
        helper.make_node("Cast", ["input"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["numbers", "column"], ["phonemes"]),
        helper.make_node("MatMul", ["phonemes", "tone"], ["tones"]),
        helper.make_node("Reshape", ["tones", "line"], ["output"]),
    ]
    constants = [
        numpy_helper.from_array(tone, "tone"),
        numpy_helper.from_array(np.array([-1, 1]), "column"),
        numpy_helper.from_array(np.array([1, 1, -1]), "line"),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "samples"])
    graph = helper.make_graph(nodes, "voice", inputs, [output], constants)
    file = tmp_path / "ar.onnx"
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    letters = "_^$ ʔʕħθaiubtdrslmnkwxʃɹːˈˌ"
    content = {
        "audio": {"sample_rate": RATE},
        "espeak": {"voice": "ar"},
        "num_symbols": len(letters),
        "num_speakers": 1,
        "phoneme_id_map": {letter: [number] for number, letter in enumerate(letters)},
    }
    file.with_name("ar.onnx.json").write_text(json.dumps(content))
    return file


def test_text_is_said_with_the_vowels_that_piper_adds(voice_file: Path) -> None:
    voice = NetworkVoice(voice_file, 1.0)
    written, vowelled = voice.synthesise("السلام عليكم"), voice.synthesise("السَّلَامُ عَلَيْكُمْ")
    assert written.rate == RATE
    assert written == vowelled
    assert len(written.samples) > 20 * SAMPLES
    assert voice.synthesise("٣٢٥") == voice.synthesise("325")
    assert voice.synthesise("—").samples == b""


def test_volume_scales_the_samples(voice_file: Path) -> None:
    loud, half = (
        np.frombuffer(NetworkVoice(voice_file, volume).synthesise("مرحبا").samples, np.int16) for volume in (1.0, 0.5)
    )
    assert np.abs(loud).max() == 32767
    assert np.abs(half).max() == 32767 // 2


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda file: file.unlink(), r"the voice .*ar\.onnx cannot be read: No such file"),
        (lambda file: file.write_bytes(b"junk"), "is no voice of Piper"),
        (lambda file: Path(f"{file}.json").unlink(), r"the voice .*ar\.onnx\.json cannot be read: No such file"),
        (lambda file: Path(f"{file}.json").write_text("[]"), "is no voice of Piper"),
        (lambda file: Path(f"{file}.json").write_text("{"), "is no voice of Piper"),
    ],
)
def test_damaged_voice_is_one_sentence(voice_file: Path, damage: object, sentence: str) -> None:
    assert callable(damage)
    damage(voice_file)
    with pytest.raises(SpeechUnavailable, match=sentence):
        NetworkVoice(voice_file, 1.0)


def test_missing_piper_is_one_sentence(voice_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "piper", None)
    with pytest.raises(SpeechUnavailable, match=r"pip install 'ishara\[piper\]'"):
        NetworkVoice(voice_file, 1.0)
