"""The findings of `ishara-edge doctor` on a device with a fault."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from edge.config import EdgeConfig
from edge.diagnostics.finding import Finding, State
from edge.doctor.checks import run_checks
from landmarkers.processor import Machine
from landmarkers.task_bundles import FOLDER_VARIABLE, TASK_BUNDLES, default_folder
from models.subprocess_probe import SubprocessResult, run_python
from tests.edge.doctor.program import run_doctor
from tests.edge.tiny_bundle import TITLE, write_bundle

CORTEX_A72 = "fp asimd evtstrm crc32 cpuid"
CORTEX_A76 = "fp asimd evtstrm crc32 atomics fphp asimdhp cpuid asimddp"
MEDIAPIPE = "mediapipe-tasks-0123456789ab-video"


def arm_machine(folder: Path, part: str, features: str) -> Machine:
    """Describe an Arm machine of two equal cores."""
    core = f"BogoMIPS\t: 108.00\nFeatures\t: {features}\nCPU implementer\t: 0x41\nCPU part\t: {part}\n\n"
    (folder / "cpuinfo").write_text(f"processor\t: 0\n{core}processor\t: 1\n{core}")
    (folder / "board").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    (folder / "thermal").mkdir()
    return Machine("aarch64", folder / "cpuinfo", folder / "board", folder / "thermal")


@pytest.fixture
def without_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what runs in processes of its own succeed at once, where the finding in question does not come from there."""
    for module in ("checks", "installation", "probe_process"):
        monkeypatch.setattr(
            f"edge.doctor.{module}.run_python", lambda *_, **__: SubprocessResult(succeeded=True, text="")
        )


def check_device(machine: Machine, bundle: Path, config: EdgeConfig | None = None) -> dict[str, Finding]:
    findings = run_checks(config or EdgeConfig(), model=bundle, source=None, machine=machine)
    return {finding.check: finding for finding in findings}


def test_sound_device_is_ready() -> None:
    """This machine is ready with the shipped bundle."""
    code, findings, errors = run_doctor()
    assert (code, errors) == (0, "")
    assert {findings[check]["state"] for check in ("processor", "python", "bundle", "landmarker")} == {"ok"}
    assert "onnxruntime 1." in findings["onnxruntime"]["sentence"]
    assert "hand network in int8" in findings["litert"]["sentence"]
    assert {findings[check]["state"] for check in ("camera", "broker", "speech")} == {"skipped"}


def test_no_argument_of_a_probe_stands_on_a_command_line(bundle_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody on a machine may read command lines."""
    commands: list[list[str]] = []

    def run(arguments: Sequence[str], *, stdin: str) -> SubprocessResult:
        commands.append(list(arguments))
        return SubprocessResult(succeeded=stdin != "", text="")

    monkeypatch.setattr("edge.doctor.probe_process.run_python", run)
    config = EdgeConfig.model_validate(
        {
            "camera": {"source": "rtsp://keeper:secret@192.0.2.7/live"},
            "mqtt": {"host": "broker.example"},
            "model": {"folder": str(bundle_folder), "trusted_keys": "/keys"},
            "speech": {},
        }
    )
    assert list(run_checks(config, model=None, source=None, machine=Machine()))
    probes = ("classifier", "signature", "landmarker", "camera", "broker", "speech")
    assert sorted(commands) == sorted(["-m", "edge.doctor", probe] for probe in probes)


def test_table_ends_with_a_summary(bundle_folder: Path) -> None:
    command = [sys.executable, "-m", "edge", "doctor", "--model", str(bundle_folder), "--source", "/dev/no-camera"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert any(line.startswith("ok       onnxruntime ") for line in lines)
    camera = next(number for number, line in enumerate(lines) if line.startswith("failed   camera "))
    assert lines[camera + 1].strip().startswith("to do: plug it in")
    assert lines[-1].startswith("This device is not ready: ")


def test_closed_output_gives_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "edge", "doctor"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as doctor:
        assert doctor.stdout is not None
        assert doctor.stderr is not None
        doctor.stdout.readline()
        doctor.stdout.close()
        assert "Traceback" not in doctor.stderr.read()


def test_damaged_network_is_named_with_the_command_that_repairs_it(bundle_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(default_folder(), tmp_path / "tasks")
    damaged, missing, *_ = TASK_BUNDLES
    (tmp_path / "tasks" / damaged).write_bytes(b"no network")
    (tmp_path / "tasks" / missing).unlink()
    code, findings, _ = run_doctor("--model", bundle_folder, settings={FOLDER_VARIABLE: str(tmp_path / "tasks")})
    assert code == 1
    assert findings["landmark networks"]["state"] == "failed"
    assert [name for name in TASK_BUNDLES if name in findings["landmark networks"]["sentence"]] == [damaged, missing]
    assert "ishara-landmarkers" in findings["landmark networks"]["remedy"]


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx"])
def test_damaged_bundle_is_named(name: str, bundle_folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(bundle_folder, damaged)
    (damaged / name).write_bytes((damaged / name).read_bytes()[:-10])
    code, findings, _ = run_doctor("--model", damaged)
    assert code == 1
    assert findings["bundle"]["state"] == "failed"
    assert name in findings["bundle"]["sentence"]
    assert findings["landmarker"]["state"] == "skipped"


def test_bundle_of_other_landmarks_fails_with_its_landmarker(bundle_folder: Path) -> None:
    code, findings, _ = run_doctor("--model", bundle_folder)
    assert code == 1
    assert findings["bundle"]["state"] == "ok"
    assert TITLE in findings["landmarker"]["sentence"]


def test_library_that_dies_of_an_illegal_instruction_is_a_finding(bundle_folder: Path, tmp_path: Path) -> None:
    """ONNX Runtime 1.21 died so on a Raspberry Pi 4: the doctor itself must not need the library."""
    killer = f"import os\nos.kill(os.getpid(), {int(signal.SIGILL)})\n"
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "onnxruntime.py").write_text(killer)
    path = os.pathsep.join([str(tmp_path / "libraries"), os.environ.get("PYTHONPATH", "")])
    code, findings, errors = run_doctor("--model", bundle_folder, settings={"PYTHONPATH": path})
    assert (code, errors) == (1, "")
    assert "illegal instruction" in findings["onnxruntime"]["sentence"]
    assert findings["bundle"]["state"] == "skipped"
    assert findings["opencv"]["state"] == "ok"


def test_library_that_lacks_another_is_a_finding(bundle_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    path = os.pathsep.join([str(tmp_path / "libraries"), os.environ.get("PYTHONPATH", "")])
    _, findings, _ = run_doctor("--model", bundle_folder, settings={"PYTHONPATH": path})
    assert "libGL.so.1" in findings["opencv"]["sentence"]
    assert "apt install" in findings["opencv"]["remedy"]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "illegal instruction"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGBUS)", "Bus error"),
        ("raise OSError('libEGL.so.1 is missing')", "libEGL.so.1 is missing"),
        ("import time; time.sleep(60)", "did not finish within 1 s"),
        ("raise SystemExit(1)", "printed no reason"),
    ],
)
def test_cause_of_a_failed_probe_is_reported(program: str, reason: str) -> None:
    result = run_python(["-c", program], timeout_s=1.0)
    assert not result.succeeded
    assert reason in result.text


@pytest.mark.usefixtures("without_probes")
def test_mediapipe_is_not_probed_on_a_processor_without_atomics(tmp_path: Path) -> None:
    findings = check_device(
        arm_machine(tmp_path, "0xd08", CORTEX_A72), write_bundle(tmp_path / "bundle", landmarker=MEDIAPIPE)
    )
    assert findings["processor"].state is State.OK
    for words in ("aarch64", "Cortex-A72", "Raspberry Pi 4 Model B", "ARMv8.1 atomics", "dot product"):
        assert words in findings["processor"].sentence
    assert findings["landmarker"].state is State.FAILED
    assert "this processor cannot run" in findings["landmarker"].sentence
    assert "mediapipe" not in findings


def test_mediapipe_is_probed_on_a_newer_processor(tmp_path: Path) -> None:
    findings = check_device(
        arm_machine(tmp_path, "0xd0b", CORTEX_A76), write_bundle(tmp_path / "bundle", landmarker=MEDIAPIPE)
    )
    assert findings["processor"].sentence == "aarch64, Cortex-A76, in a Raspberry Pi 4 Model B Rev 1.4"
    assert "cannot run" not in findings["landmarker"].sentence


@pytest.mark.usefixtures("without_probes")
def test_mediapipe_that_is_not_installed_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name == "mediapipe":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("edge.doctor.checks.version", version)
    findings = check_device(
        arm_machine(tmp_path, "0xd0b", CORTEX_A76), write_bundle(tmp_path / "bundle", landmarker=MEDIAPIPE)
    )
    assert findings["mediapipe"].state is State.FAILED
    assert "requirements/mediapipe.txt" in findings["mediapipe"].remedy
    assert findings["landmarker"].state is State.SKIPPED


@pytest.mark.usefixtures("without_probes")
def test_processor_lacks_what_any_of_its_cores_lacks(tmp_path: Path, bundle_folder: Path) -> None:
    machine = arm_machine(tmp_path, "0xd0b", CORTEX_A76)
    with machine.cpuinfo.open("a") as file:
        file.write(f"processor\t: 2\nFeatures\t: {CORTEX_A72}\nCPU part\t: 0xd08\n")
    sentence = check_device(machine, bundle_folder)["processor"].sentence
    assert "Cortex-A76 and Cortex-A72" in sentence
    assert "without ARMv8.1 atomics" in sentence


@pytest.mark.usefixtures("without_probes")
def test_32_bit_system_is_refused(tmp_path: Path, bundle_folder: Path) -> None:
    machine = Machine("armv7l", tmp_path / "cpuinfo", tmp_path / "board", tmp_path / "thermal", pointer_bits=32)
    finding = check_device(machine, bundle_folder)["python"]
    assert (finding.state, "64-bit" in finding.remedy) == (State.FAILED, True)


@pytest.mark.usefixtures("without_probes")
@pytest.mark.parametrize(("degrees", "state"), [(45_123, State.OK), (84_000, State.WARNING)])
def test_hot_processor_is_a_warning(degrees: int, state: State, tmp_path: Path, bundle_folder: Path) -> None:
    machine = arm_machine(tmp_path, "0xd0b", CORTEX_A76)
    for zone, content in {"thermal_zone0": f"{degrees}\n", "thermal_zone1": "no number\n"}.items():
        (machine.thermal / zone).mkdir()
        (machine.thermal / zone / "temp").write_text(content)
    assert check_device(machine, bundle_folder)["temperature"].state is state


@pytest.mark.usefixtures("without_probes")
def test_machine_without_temperature_sensor_is_skipped(tmp_path: Path, bundle_folder: Path) -> None:
    machine = arm_machine(tmp_path, "0xd0b", CORTEX_A76)
    assert check_device(machine, bundle_folder)["temperature"].state is State.SKIPPED


def test_invalid_configuration_ends_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text("nonsense = 1\n")
    command = [sys.executable, "-m", "edge", "doctor", "--config", str(tmp_path / "edge.toml")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert "there is no key nonsense" in done.stderr
