"""The support bundle: it holds what finds a fault, and nothing that must not leave a device."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from edge.config import EdgeConfig
from edge.consent.learning_folder import learning_folder
from edge.consent.session import SESSION_FILE, Session
from edge.diagnostics.anonymiser import HIDDEN, Anonymiser
from edge.diagnostics.finding import Finding, State
from edge.diagnostics.private_texts import private_texts
from edge.diagnostics.support_bundle import Diagnosis, build_bundle, write_bundle
from edge.learned.versions import Change, LearnedVersions
from landmarkers.processor import Machine
from models.labels import Sign
from models.owner import OwnerUnusable
from tests.consented_takes import consent, keep

COFFEE = Sign(sign_id=1_500_000, word="مارِكر-كلمة", word_en="marker-word-en")
ARABIC = ("قصبة هوائية", "مارِكر-كلمة", "مريم")
MARKERS = (
    "marker-user",
    "marker-password",
    "marker-camera-user",
    "marker-camera-word",
    "marker-token-0123456789",
    "marker-room",
    "marker-clinic",
    "marker-question",
    "marker-person",
    "marker-second-person",
    COFFEE.word_en,
    *ARABIC,
)
FORMS = (*MARKERS, "takes/marker-person/train/1500000/01.take.npz", "rtsp://marker-camera-user:x@192.0.2.7/live")


@pytest.fixture
def config(tmp_path: Path) -> EdgeConfig:
    """Return a configuration whose every secret and name is a marker."""
    for name, secret in {"mqtt": "marker-password", "camera": "marker-camera-word"}.items():
        (tmp_path / name).write_text(f"{secret}\n")
    (tmp_path / "token").write_text("marker-token-0123456789\n")
    content = {
        "device": "marker-room",
        "camera": {
            "source": "rtsp://marker-camera-user:marker-camera-word@192.0.2.7/live",
            "username": "marker-camera-user",
            "password_file": tmp_path / "camera",
        },
        "mqtt": {"host": "broker.local", "username": "marker-user", "password_file": tmp_path / "mqtt"},
        "web": {"token_file": tmp_path / "token"},
        "learning": {"asked_by": "marker-clinic", "words": "marker-question"},
    }
    return EdgeConfig.model_validate(content)


@pytest.fixture
def state(tmp_path: Path, config: EdgeConfig) -> Path:
    """Return a state folder of a device that has been taught by two people."""
    folder = learning_folder(tmp_path / "state", config.device)
    (folder / "takes").mkdir(parents=True)
    keep(folder / "takes", consent("marker-person"), COFFEE, 1, shape=1)
    name = f"marker-person/train/{COFFEE.sign_id:04}/01"
    LearnedVersions(folder).apply(Change("taught", COFFEE, "marker-person", (COFFEE,), [name]), lambda _: None)
    until = datetime.now(UTC) + timedelta(minutes=5)
    (folder / SESSION_FILE).write_text(Session(consent=consent("marker-second-person"), until=until).model_dump_json())
    return tmp_path / "state"


def contents(archive: bytes) -> Iterator[tuple[str, str]]:
    with ZipFile(BytesIO(archive)) as bundle:
        for name in bundle.namelist():
            yield name, bundle.read(name).decode()


def test_no_secret_no_word_and_no_name_is_in_a_bundle(config: EdgeConfig, state: Path) -> None:
    log = [f"INFO something about {marker}: it failed" for marker in FORMS]
    findings = [Finding("broker", State.FAILED, f"no {marker} here", f"mend {marker}") for marker in FORMS]
    archive = build_bundle(Diagnosis(findings, config, log, '{"model": "marker-room"}'), [state], Machine())
    found = {marker: name for marker in MARKERS for name, text in contents(archive) if marker in text}
    assert found == {}


def test_root_that_may_not_read_the_names_writes_no_bundle(
    config: EdgeConfig, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def refuse(folder: Path) -> Iterator[Path]:
        raise OwnerUnusable(f"{folder} is somebody else's")
        yield folder

    monkeypatch.setattr("edge.diagnostics.private_texts.acting_as_owner", refuse)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert HIDDEN in private_texts(config, [state]).values()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(OwnerUnusable, match="somebody else's"):
        private_texts(config, [state])


def test_one_time_code_of_set_up_and_login_in_an_address_are_removed() -> None:
    anonymiser = Anonymiser({})
    line = (
        "set up at https://h:8300/setup#code=9SGZKPV7W; its one-time code is 9SG-ZKP-V7W, and rtsp://user:secret@host/a"
    )
    cleaned = anonymiser.clean(line)
    assert not {"9SG", "user", "secret"} & set(re.split(r"[^\w]+", cleaned)), cleaned
    assert "rtsp://***@host/a" in cleaned


def test_bundle_holds_what_finds_a_fault(config: EdgeConfig, state: Path) -> None:
    findings = [Finding("broker", State.FAILED, "the broker broker.local:1883 is absent", "start it")]
    log = ["WARNING the camera rtsp://192.0.2.7 is absent", *(f"line {number}" for number in range(20))]
    bundle = dict(contents(build_bundle(Diagnosis(findings, config, log), [state], Machine())))
    files = {name.removeprefix("ishara-support/"): text for name, text in bundle.items()}
    assert "the broker broker.local:1883 is absent" in files["findings.txt"]
    assert "start it" in files["findings.txt"]
    assert json.loads(files["findings.json"])["ready"] is False
    assert json.loads(files["configuration.json"])["mqtt"]["host"] == "broker.local"
    assert json.loads(files["configuration.json"])["camera"]["source"] == "rtsp://192.0.2.7"
    assert json.loads(files["versions.json"])["python"].startswith("3.")
    assert "the camera rtsp://192.0.2.7 is absent" in files["log.txt"]
    assert "line 19" in files["log.txt"]


def run_doctor(folder: Path, bundle: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "edge", "doctor", "--bundle", bundle]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def test_command_writes_a_bundle_for_its_owner_alone(tmp_path: Path) -> None:
    done = run_doctor(tmp_path, "support.zip")
    assert done.returncode == 0, done.stdout
    assert "support.zip holds this" in done.stderr
    assert "This device is ready" in done.stdout
    path = tmp_path / "support.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "onnxruntime" in dict(contents(path.read_bytes()))["ishara-support/findings.txt"]
    assert [one.name for one in tmp_path.iterdir()] == ["support.zip"]


@pytest.mark.parametrize(
    ("bundle", "reason"), [("taken.zip", "taken.zip exists already"), ("none/a.zip", "folder none of the support")]
)
def test_bundle_that_cannot_be_written_is_refused_at_once(bundle: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "taken.zip").write_bytes(b"mine")
    done = run_doctor(tmp_path, bundle)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert (tmp_path / "taken.zip").read_bytes() == b"mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
def test_bundle_is_of_the_user_who_called_sudo(tmp_path: Path) -> None:
    write_bundle(tmp_path / "support.zip", b"PK", {"SUDO_UID": "64242", "SUDO_GID": "64243"})
    found = (tmp_path / "support.zip").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (64_242, 64_243, 0o600)
