"""`ishara-edge models`, and which model the daemon reads with when it starts."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.config import SHIPPED_MODEL, ModelConfig
from edge.doctor.finding import State
from edge.doctor.installation import check_signature
from edge.model_selection.active_bundle import find_active_bundle
from landmarkers.take import TAKE_SUFFIX, Take
from landmarkers.tracking import FINGERPRINT
from models.keys import PrivateKey, generate_keys
from models.signature import sign
from models.store import BundleStore
from tests.edge.conftest import StartDaemon
from tests.edge.tiny_bundle import PLACES, write_bundle
from tests.synthetic_signer import Sign, even_times, take


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network is tried: tests/models/test_smoke.py does that."""
    monkeypatch.setattr("models.store.run_smoke_test", lambda *_: "")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store lies, for this process and those that it starts."""
    monkeypatch.setenv("ISHARA_MODEL_STORE", str(tmp_path / "models"))
    return tmp_path / "models"


def make(folder: Path, version: int, **options: Any) -> Path:
    return write_bundle(folder / f"made-{version}", landmarker=FINGERPRINT, version=version, **options)


def models(*arguments: str | Path) -> int:
    return main(["models", *map(str, arguments)])


def installed(root: Path, folder: Path, *versions: int) -> list[str]:
    """Installs these versions, of which the last serves, past the command's comparison with the shipped one."""
    store, names = BundleStore(root), []
    for version in versions:
        names.append(store.install(make(folder, version), activate=True))
        store.pass_probation()
    return names


def test_a_model_is_installed_activated_and_gone_back_from(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("install", make(tmp_path, 3), "--allow-labels") == 0
    name = capsys.readouterr().out.removeprefix("installed ").strip()
    assert BundleStore(root).current() is None
    assert models("activate", name) == 0
    assert capsys.readouterr().out == f"{name} serves from the next start or reload on\n"
    assert models("install", make(tmp_path, 4), "--activate") == 0
    assert models("rollback") == 0
    assert f"{name} serves" in capsys.readouterr().out.splitlines()[-1]
    assert models("rollback") == 0
    assert "the shipped bundle serves" in capsys.readouterr().out
    assert models("rollback") == 2


def test_a_refusal_is_one_sentence_and_exit_code_2(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("install", make(tmp_path, 3)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ishara-edge: tiny@3 reads other signs than the karsl-190@")
    assert err.count("\n") == 1
    assert models("activate", "nothing") == 2
    assert models("install", tmp_path / "nothing") == 2


def test_the_list_tells_who_serves_and_why(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert models("list") == 0
    assert capsys.readouterr().out.split()[:2] == ["(shipped)", "serves"]
    third, fourth = installed(root, tmp_path, 3, 4)
    BundleStore(root).rollback("it reads nothing")
    BundleStore(root).activate(fourth)
    assert models("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=1) == [third, "served before         tiny@3, 3 signs"]
    assert lines[1].split(maxsplit=1) == [fourth, "serves, on probation  tiny@4, 3 signs"]
    assert any(line.endswith(f"rolled back {fourth}: it reads nothing") for line in lines[2:])
    assert models("list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["serving"] == str(root / fourth)
    assert told["probation"]["name"] == fourth
    assert [(one["name"], one["current"], one["previous"]) for one in told["installed"]] == [
        (third, False, True),
        (fourth, True, False),
    ]


def test_an_unsigned_model_is_refused_where_keys_are_trusted(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    private, _ = generate_keys(tmp_path / "keys", "workshop")
    monkeypatch.setenv("ISHARA_MODEL_TRUSTED_KEYS", str(tmp_path / "keys"))
    bundle = make(tmp_path, 3)
    assert models("install", bundle, "--allow-labels") == 2
    assert "is not signed" in capsys.readouterr().err
    sign(bundle, PrivateKey.read(private))
    assert models("install", bundle, "--allow-labels", "--activate") == 0
    assert models("list") == 0
    assert "signed by workshop" in capsys.readouterr().out
    shutil.rmtree(tmp_path / "keys")
    assert models("install", make(tmp_path, 4)) == 2
    assert "none is trusted" in capsys.readouterr().err


def test_the_order_of_what_is_read(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    environment = {"STATE_DIRECTORY": str(tmp_path)}
    assert find_active_bundle(ModelConfig(), None, environment) == SHIPPED_MODEL
    (name,) = installed(tmp_path / "models", tmp_path, 3)
    assert find_active_bundle(ModelConfig(), None, environment) == tmp_path / "models" / name
    assert find_active_bundle(ModelConfig(store=tmp_path / "elsewhere"), None, environment) == SHIPPED_MODEL
    assert find_active_bundle(ModelConfig(folder=two), None, environment) == two
    assert find_active_bundle(ModelConfig(folder=two), one, environment) == one


class TestDaemon:
    """Which model a daemon that is started tells the words of."""

    @pytest.fixture
    def models_told(self, start_daemon: StartDaemon, tmp_path: Path) -> Any:
        """Starts the daemon on one sign; the models that its words name, and what it logged."""
        recorded = take(even_times(30, 3.0), Sign(0.5, 1.5, PLACES[1]))
        here = replace(recorded.provenance, landmarker=FINGERPRINT)
        Take(recorded.points, recorded.times, here).save(tmp_path / f"one{TAKE_SUFFIX}")

        def told(**settings: str) -> tuple[list[str], str]:
            arguments = ("run", "--source", f"take:one{TAKE_SUFFIX}", "--pace", "fast", "--exit-at-end", "--jsonl")
            daemon = start_daemon(*arguments, settings={"ISHARA_MODEL_STORE": str(tmp_path / "models"), **settings})
            words = daemon.words()
            assert daemon.process.returncode == 0, daemon.logged
            return [word.model for word in words], daemon.logged

        return told

    def test_the_stores_current_one(self, models_told: Any, tmp_path: Path) -> None:
        installed(tmp_path / "models", tmp_path, 3, 4)
        assert models_told()[0] == ["tiny@4"]
        BundleStore(tmp_path / "models").rollback("it reads nothing")
        assert models_told()[0] == ["tiny@3"]

    def test_the_one_before_where_the_current_one_is_damaged(self, models_told: Any, tmp_path: Path) -> None:
        _, fourth = installed(tmp_path / "models", tmp_path, 3, 4)
        (tmp_path / "models" / fourth / "model.onnx").write_bytes(b"worn out")
        told, logged = models_told()
        assert told == ["tiny@3"]
        assert "model.onnx of the bundle" in logged
        assert "is damaged" in BundleStore(tmp_path / "models").events()[0].reason

    @pytest.mark.parametrize("keys", ["there", "away"])
    def test_the_shipped_one_where_none_is_signed(self, models_told: Any, tmp_path: Path, keys: str) -> None:
        (name,) = installed(tmp_path / "models", tmp_path, 3)
        if keys == "there":
            generate_keys(tmp_path / "keys", "workshop")
        told, logged = models_told(ISHARA_MODEL_TRUSTED_KEYS=str(tmp_path / "keys"))
        assert "tiny@3" not in told
        assert ("is not signed" if keys == "there" else "none is trusted") in logged
        current = BundleStore(tmp_path / "models").current()
        assert current == (None if keys == "there" else tmp_path / "models" / name)


class TestDoctor:
    """What the doctor says of signatures."""

    def test_the_shipped_bundle_is_trusted(self) -> None:
        assert check_signature(SHIPPED_MODEL, ModelConfig(), None, "").state is State.OK

    def test_without_keys_an_installed_bundle_is_a_warning(self, tmp_path: Path) -> None:
        found = check_signature(make(tmp_path, 3), ModelConfig(), None, "")
        assert (found.state, "ishara-deploy keys new" in found.remedy) == (State.WARNING, True)

    def test_with_keys_it_is_held_against_them(self, tmp_path: Path) -> None:
        private, _ = generate_keys(tmp_path / "keys", "workshop")
        config, bundle = ModelConfig(trusted_keys=tmp_path / "keys"), make(tmp_path, 3)
        unsigned = check_signature(bundle, config, None, "")
        assert (unsigned.state, "is not signed" in unsigned.sentence) == (State.FAILED, True)
        sign(bundle, PrivateKey.read(private))
        signed = check_signature(bundle, config, None, "")
        assert (signed.state, signed.sentence) == (State.OK, f"{bundle.name} is signed by workshop")

    def test_a_bundle_named_by_hand_needs_no_signature(self, tmp_path: Path) -> None:
        bundle = make(tmp_path, 3)
        assert check_signature(bundle, ModelConfig(), bundle, "").state is State.LEFT_OUT
