"""`ishara-edge models`, and the model with which the daemon starts."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.config import SHIPPED_MODEL, ModelConfig
from edge.diagnostics.finding import State
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

pytestmark = pytest.mark.usefixtures("without_smoke_test")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the store, for this process and those that it starts."""
    monkeypatch.setenv("ISHARA_MODEL_STORE", str(tmp_path / "models"))
    return tmp_path / "models"


def make_bundle(folder: Path, version: int, **options: Any) -> Path:
    return write_bundle(folder / f"made-{version}", landmarker=FINGERPRINT, version=version, **options)


def run_models(*arguments: str | Path) -> int:
    return main(["models", *map(str, arguments)])


def install_versions(root: Path, folder: Path, *versions: int) -> list[str]:
    """Install these versions, the last one active, without the command's comparison with the shipped one."""
    store, names = BundleStore(root), []
    for version in versions:
        names.append(store.install(make_bundle(folder, version), activate=True))
        store.pass_probation()
    return names


def test_model_is_installed_activated_and_rolled_back(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_models("install", make_bundle(tmp_path, 3), "--allow-labels") == 0
    name = capsys.readouterr().out.removeprefix("installed ").strip()
    assert BundleStore(root).current() is None
    assert run_models("activate", name) == 0
    assert capsys.readouterr().out == f"{name} is active from the next start or reload\n"
    assert run_models("install", make_bundle(tmp_path, 4), "--activate") == 0
    assert run_models("rollback") == 0
    assert f"{name} is active" in capsys.readouterr().out.splitlines()[-1]
    assert run_models("rollback") == 0
    assert "the shipped bundle is active" in capsys.readouterr().out
    assert run_models("rollback") == 2
    capsys.readouterr()
    assert run_models("remove", name) == 0
    assert capsys.readouterr().out == f"removed {name}\n"
    assert name not in [one.name for one in BundleStore(root).installed()]


def test_refusal_is_one_sentence_and_exit_code_2(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_models("install", make_bundle(tmp_path, 3)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ishara-edge: tiny@3 recognises other signs than the active karsl-230@")
    assert err.count("\n") == 1
    assert run_models("activate", "nothing") == 2
    assert run_models("install", tmp_path / "nothing") == 2


def test_list_shows_the_active_model_and_why(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_models("list") == 0
    assert capsys.readouterr().out.split()[:2] == ["(shipped)", "active"]
    third, fourth = install_versions(root, tmp_path, 3, 4)
    BundleStore(root).rollback("it recognises nothing")
    BundleStore(root).activate(fourth)
    assert run_models("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=1) == [third, "previous              tiny@3, 3 signs"]
    assert lines[1].split(maxsplit=1) == [fourth, "active, on probation  tiny@4, 3 signs"]
    assert any(line.endswith(f"rolled back {fourth}: it recognises nothing") for line in lines[2:])
    assert run_models("list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["active"] == str(root / fourth)
    assert listed["probation"]["name"] == fourth
    assert [(one["name"], one["current"], one["previous"]) for one in listed["installed"]] == [
        (third, False, True),
        (fourth, True, False),
    ]


def test_unsigned_model_is_refused_where_keys_are_trusted(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    private, _ = generate_keys(tmp_path / "keys", "workshop")
    monkeypatch.setenv("ISHARA_MODEL_TRUSTED_KEYS", str(tmp_path / "keys"))
    bundle = make_bundle(tmp_path, 3)
    assert run_models("install", bundle, "--allow-labels") == 2
    assert "is not signed" in capsys.readouterr().err
    sign(bundle, PrivateKey.read(private))
    assert run_models("install", bundle, "--allow-labels", "--activate") == 0
    assert run_models("list") == 0
    assert "signed by workshop" in capsys.readouterr().out
    shutil.rmtree(tmp_path / "keys")
    assert run_models("install", make_bundle(tmp_path, 4)) == 2
    assert "none is trusted" in capsys.readouterr().err


def test_command_line_goes_before_folder_store_and_shipped_bundle(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    environment = {"STATE_DIRECTORY": str(tmp_path)}
    assert find_active_bundle(ModelConfig(), None, environment) == SHIPPED_MODEL
    (name,) = install_versions(tmp_path / "models", tmp_path, 3)
    assert find_active_bundle(ModelConfig(), None, environment) == tmp_path / "models" / name
    assert find_active_bundle(ModelConfig(store=tmp_path / "elsewhere"), None, environment) == SHIPPED_MODEL
    assert find_active_bundle(ModelConfig(folder=two), None, environment) == two
    assert find_active_bundle(ModelConfig(folder=two), one, environment) == one


class TestDaemon:
    """The model of the words that a daemon emits."""

    @pytest.fixture
    def run_daemon(self, start_daemon: StartDaemon, tmp_path: Path) -> Any:
        """Run the daemon on one sign; return the models that its words name, and its log."""
        recorded = take(even_times(30, 3.0), Sign(0.5, 1.5, PLACES[1]))
        here = replace(recorded.provenance, landmarker=FINGERPRINT)
        Take(recorded.points, recorded.times, here).save(tmp_path / f"one{TAKE_SUFFIX}")

        def run(**settings: str) -> tuple[list[str], str]:
            arguments = ("run", "--source", f"take:one{TAKE_SUFFIX}", "--pace", "fast", "--exit-at-end", "--jsonl")
            daemon = start_daemon(*arguments, settings={"ISHARA_MODEL_STORE": str(tmp_path / "models"), **settings})
            words = daemon.words()
            assert daemon.process.returncode == 0, daemon.logged
            return [word.model for word in words], daemon.logged

        return run

    def test_current_model_of_the_store_is_used(self, run_daemon: Any, tmp_path: Path) -> None:
        install_versions(tmp_path / "models", tmp_path, 3, 4)
        assert run_daemon()[0] == ["tiny@4"]
        BundleStore(tmp_path / "models").rollback("it recognises nothing")
        assert run_daemon()[0] == ["tiny@3"]

    def test_previous_model_replaces_a_damaged_one(self, run_daemon: Any, tmp_path: Path) -> None:
        _, fourth = install_versions(tmp_path / "models", tmp_path, 3, 4)
        (tmp_path / "models" / fourth / "model.onnx").write_bytes(b"damaged")
        models, logged = run_daemon()
        assert models == ["tiny@3"]
        assert "model.onnx of the bundle" in logged
        assert "is damaged" in BundleStore(tmp_path / "models").events()[0].reason

    @pytest.mark.parametrize("keys", ["present", "absent"])
    def test_shipped_model_replaces_an_unsigned_one(self, run_daemon: Any, tmp_path: Path, keys: str) -> None:
        (name,) = install_versions(tmp_path / "models", tmp_path, 3)
        if keys == "present":
            generate_keys(tmp_path / "keys", "workshop")
        models, logged = run_daemon(ISHARA_MODEL_TRUSTED_KEYS=str(tmp_path / "keys"))
        assert "tiny@3" not in models
        assert ("is not signed" if keys == "present" else "none is trusted") in logged
        current = BundleStore(tmp_path / "models").current()
        assert current == (None if keys == "present" else tmp_path / "models" / name)


class TestDoctor:
    """The doctor's check of signatures."""

    def test_shipped_bundle_is_trusted(self) -> None:
        assert check_signature(SHIPPED_MODEL, ModelConfig(), None, "").state is State.OK

    def test_installed_bundle_without_trusted_keys_is_a_warning(self, tmp_path: Path) -> None:
        finding = check_signature(make_bundle(tmp_path, 3), ModelConfig(), None, "")
        assert (finding.state, "ishara-deploy keys new" in finding.remedy) == (State.WARNING, True)

    def test_signature_is_verified_with_the_trusted_keys(self, tmp_path: Path) -> None:
        private, _ = generate_keys(tmp_path / "keys", "workshop")
        config, bundle = ModelConfig(trusted_keys=tmp_path / "keys"), make_bundle(tmp_path, 3)
        unsigned = check_signature(bundle, config, None, "")
        assert (unsigned.state, "is not signed" in unsigned.sentence) == (State.FAILED, True)
        sign(bundle, PrivateKey.read(private))
        signed = check_signature(bundle, config, None, "")
        assert (signed.state, signed.sentence) == (State.OK, f"{bundle.name} is signed by workshop")

    def test_named_bundle_needs_no_signature(self, tmp_path: Path) -> None:
        bundle = make_bundle(tmp_path, 3)
        assert check_signature(bundle, ModelConfig(), bundle, "").state is State.SKIPPED
