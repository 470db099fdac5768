"""The keys that may be changed in the settings, and the reason of each refusal."""

import os
from pathlib import Path
from typing import Any, get_args

import pytest

from edge.config import ConfigInvalid, EdgeConfig
from edge.requests import RequestRefused, SettingsRequest, read_request
from edge.settings.editable import KEYS
from edge.settings.editor import SettingsEditor
from edge.settings.file import SettingsRefused
from edge.settings.location import SAVED, UNSAVED, Location
from landmarkers.errors import UserError
from tests.edge.settings.trial import settle

PASSWORD = "hunter2-of-the-broker"
TOKEN = "0123456789abcdef0123"
SETTINGS = "device = 'hall'\n[mqtt]\nhost = 'broker'\n[web]\ntoken_file = 'token'\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(SETTINGS)
    return path


def editor_of(path: Path | None, **environment: str) -> SettingsEditor:
    state = Path(os.environ["XDG_STATE_HOME"]) / "ishara"
    return SettingsEditor(Location(path), state, environment)


def request(action: str = "apply", **fields: Any) -> SettingsRequest:
    return SettingsRequest(command="settings", action=action, **fields)  # type: ignore[arg-type]


def apply(path: Path, **fields: Any) -> None:
    editor = editor_of(path)
    editor.write(editor.propose(request(**fields)), "page")
    assert editor.file is not None
    settle(editor.file, is_used=True)


def refusal(path: Path | None, environment: dict[str, str] | None = None, **fields: Any) -> str:
    before = None if path is None else path.read_text()
    with pytest.raises(UserError) as refused:
        editor_of(path, **(environment or {})).propose(request(**fields))
    assert before is None or (path is not None and path.read_text() == before)
    return str(refused.value)


def test_report_has_defaults_and_no_secrets(path: Path) -> None:
    path.write_text(SETTINGS + "[camera]\nsource = 'rtsp://me:hunter2@camera/1'\n")
    report = editor_of(path, ISHARA_MQTT_HOST="other").report()
    assert (report.path, report.read_only, report.is_setup) == (str(path), None, False)
    assert report.values["device"] == "hall"
    assert report.values["web.view"] == "skeleton"
    assert report.values["mqtt.host"] == "other"
    assert report.overridden == {"mqtt.host": "ISHARA_MQTT_HOST"}
    assert "captions.theme" not in report.values
    assert report.values["camera.source"] == "rtsp://camera"
    assert report.hidden == ("camera.source",)
    assert "hunter2" not in report.model_dump_json()


def test_secrets_stand_in_files_of_their_own_and_in_no_difference(path: Path) -> None:
    proposal = editor_of(path).propose(
        request(changes={"mqtt.username": "me"}, secrets={"mqtt.password": PASSWORD, "web.token": TOKEN})
    )
    assert PASSWORD not in proposal.report.model_dump_json() + proposal.after + repr(proposal)
    folder = Path(os.environ["XDG_STATE_HOME"]) / "ishara" / "secrets"
    assert not folder.exists()
    apply(path, changes={"mqtt.username": "me"}, secrets={"mqtt.password": PASSWORD, "web.token": TOKEN})
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {one.read_text(): one.stat().st_mode & 0o777 for one in folder.iterdir()} == {PASSWORD: 0o600, TOKEN: 0o600}
    assert editor_of(path).report().secrets == {
        "camera.password": False,
        "mqtt.ca": False,
        "mqtt.password": True,
        "web.token": True,
    }
    assert PASSWORD not in editor_of(path).versions().model_dump_json()


def test_undo_brings_the_secret_of_before_back_and_what_nothing_names_is_removed(tmp_path: Path) -> None:
    state = Path(os.environ["XDG_STATE_HOME"]) / "ishara"
    state.mkdir(parents=True)
    (state / SAVED).write_text("[mqtt]\nhost = 'a'\nusername = 'me'\n")
    location = Location(state / SAVED, state)

    def current() -> str:
        name = (state / SAVED).read_text().split("password_file = ")[1].splitlines()[0].strip('"')
        return Path(name).read_text()

    for secret in ("first-password", "second-password"):
        editor = SettingsEditor(location, state, {})
        editor.write(editor.propose(request(secrets={"mqtt.password": secret})), "page")
        settle(editor.file, is_used=True)
        editor.sweep()
    assert current() == "second-password"
    editor.undo()
    settle(editor.file, is_used=True)
    editor.sweep()
    assert current() == "first-password"
    assert [one.read_text() for one in (state / "secrets").iterdir()] == ["first-password"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model.trusted_keys": "/tmp"}, "model.trusted_keys cannot be changed here"),
        ({"model.trusted_keys": None}, "model.trusted_keys cannot be changed here"),
        ({"model": None}, "model cannot be changed here"),
        ({"managed": True}, "managed cannot be changed here"),
        ({"mqtt.password_file": "/etc/shadow"}, "mqtt.password_file cannot be changed here"),
        ({"mqtt.outbox": "/tmp/x"}, "mqtt.outbox cannot be changed here"),
        ({"speech.voice_file": "/tmp/x"}, "speech.voice_file cannot be changed here"),
        ({"web.token_file": None}, "web.token_file cannot be changed here"),
        ({"web": None}, "web cannot be changed here"),
        ({"no.key": 1}, "no.key cannot be changed here"),
        ({"device": "a b"}, "is wrong: device: it must be at most 63 letters"),
        ({"mqtt.port": 70000}, "is wrong: mqtt.port: Input should be less than or equal to 65535, not 70000"),
        ({"mqtt.host": "mqtt://me:hunter2@broker"}, "is wrong: mqtt.host: it is the host alone"),
        ({"camera.source": "rtsp://me:hunter2@camera"}, "which have fields of their own"),
        ({"camera.source": "/etc/passwd"}, "camera.source names no camera"),
        ({"camera.source": "take:/var/lib/ishara/learning"}, "camera.source names no camera"),
        ({"camera.source": "/dev/../var/lib/ishara/clip.mp4"}, "camera.source names no camera"),
        ({"camera.source": "/dev/shm/clip.mp4"}, "camera.source names no camera"),
        ({"camera.source": "v4l2:/etc/passwd"}, "camera.source names no camera"),
        ({"camera.source": "file:///etc/passwd"}, "camera.source names no camera"),
        ({"captions.theme": "pink"}, "is wrong: captions.theme"),
    ],
)
def test_what_may_not_be_changed_is_refused_in_one_sentence(path: Path, changes: dict[str, Any], reason: str) -> None:
    sentence = refusal(path, changes=changes)
    assert reason in sentence
    assert "hunter2" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({"mqtt.host": "thief"}, False),
        ({"mqtt.tls": False}, False),
        ({"mqtt.tls": None}, False),
        ({"mqtt.host": "broker", "mqtt.port": 8884}, True),
    ],
)
def test_password_is_sent_to_no_other_broker_and_not_in_the_open(
    path: Path, changes: dict[str, Any], is_kept: bool
) -> None:
    apply(path, changes={"mqtt.username": "me", "mqtt.tls": True}, secrets={"mqtt.password": PASSWORD})
    apply(path, changes=changes)
    assert editor_of(path).report().secrets["mqtt.password"] == is_kept


@pytest.mark.parametrize(
    ("source", "is_kept"),
    [("rtsps://other/1", False), ("rtsps://camera/2", True), ("rtsp://camera/1", False), ("/dev/video0", False)],
)
def test_password_is_sent_to_no_other_camera_and_not_in_the_open(path: Path, source: str, is_kept: bool) -> None:
    apply(path, changes={"camera.source": "rtsps://camera/1"}, secrets={"camera.password": PASSWORD})
    apply(path, changes={"camera.source": source})
    assert editor_of(path).report().secrets["camera.password"] == is_kept


@pytest.mark.parametrize(
    "source",
    ["/dev/video2", "/dev/v4l/by-id/usb-046d_HD_Pro-video-index0", "v4l2:1", "picamera:0", "csi:1", "http://camera"],
)
def test_every_kind_of_camera_may_be_chosen(path: Path, source: str) -> None:
    apply(path, changes={"camera.source": source})
    assert editor_of(path).report().values["camera.source"] == source


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", None])
def test_page_that_others_reach_stays_reachable_unless_it_is_forced(path: Path, address: str | None) -> None:
    apply(path, changes={"web.address": "0.0.0.0"})
    assert "no other machine would reach this page" in refusal(path, changes={"web.address": address})
    apply(path, changes={"web.address": address}, force=True)
    apply(path, changes={"web.port": 8301})  # one that nobody else reaches stays as it is


def test_what_is_like_that_already_is_no_change(path: Path) -> None:
    proposal = editor_of(path).propose(request(changes={"device": "hall", "captions": None, "speech.volume": None}))
    assert proposal.report.changes == ()


def test_every_key_is_either_for_the_page_or_for_the_file_alone() -> None:
    by_section = {name: get_args(field.annotation) for name, field in EdgeConfig.model_fields.items()}
    in_file = {
        *("managed", "health_every_s", "rate", "model", "labels", "vocabulary", "metrics"),
        *("camera.password_file", "camera.width_px", "camera.height_px", "camera.frames_per_s", "camera.pixel_aspect"),
        *("mqtt.ca_file", "mqtt.certificate_file", "mqtt.key_file", "mqtt.password_file", "mqtt.outbox"),
        *("mqtt.outbox_words", "mqtt.hold_after_reconnect_s", "mqtt.choose_model", "mqtt.snapshot"),
        *("mqtt.trigger_words", "speech.voice_file"),
        *("web.token_file", "web.certificate_file", "web.key_file", "web.origins"),
    }
    keys = set()
    for section, kinds in by_section.items():
        models = [
            kind for kind in (*kinds, EdgeConfig.model_fields[section].annotation) if hasattr(kind, "model_fields")
        ]
        keys |= {f"{section}.{name}" for model in models for name in model.model_fields} or {section}
    assert {key for key in keys if key not in KEYS and key.partition(".")[0] not in in_file} <= in_file


@pytest.mark.parametrize(
    ("secrets", "reason"),
    [
        ({"web.token": "short"}, "web.token must hold at least 16 letters and digits"),
        ({"web.token": None}, "web.token cannot be removed here"),
        ({"mqtt.ca": "no certificate"}, "mqtt.ca must hold certificates"),
        ({"mqtt.password": " a"}, "mqtt.password must neither begin nor end with a space"),
        ({"mqtt.password": "ab\ncd"}, "mqtt.password must neither begin nor end with a space"),
        ({"mqtt.password": "alone"}, "password_file needs a username"),
    ],
)
def test_secret_that_cannot_be_used_is_refused(path: Path, secrets: dict[str, Any], reason: str) -> None:
    assert reason in refusal(path, secrets=secrets)


def test_variable_decides_whatever_the_page_wants(path: Path) -> None:
    sentence = refusal(path, {"ISHARA_DEVICE": "door"}, changes={"device": "attic"})
    assert sentence == "device is decided by the variable ISHARA_DEVICE, whatever the settings say"


def test_managed_settings_are_read_only(path: Path) -> None:
    path.write_text("managed = true\n" + SETTINGS)
    reason = editor_of(path).report().read_only
    assert reason == f"another system manages the settings in {path}, which say managed = true: change them there"
    assert refusal(path, changes={"device": "door"}) == reason
    with pytest.raises(SettingsRefused, match="another system manages"):
        editor_of(path).undo()


def test_folder_that_cannot_be_written_makes_settings_read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # as root this test may write everywhere
    reason = f"the settings stand in {path}, and this program may not write in {path.parent}: change them there"
    assert editor_of(path).report().read_only == reason
    assert refusal(path, changes={"device": "door"}) == reason


def test_daemon_without_a_file_says_how_to_get_one() -> None:
    report = editor_of(None).report()
    assert (report.path, report.values["device"]) == (None, "ishara")
    assert "start it with --config or --setup" in refusal(None, changes={"device": "door"})


def test_set_up_is_saved_once_the_page_has_a_token(tmp_path: Path) -> None:
    unsaved = tmp_path / UNSAVED
    unsaved.write_text("# New.\ndevice = 'a'\n[web]\naddress = '0.0.0.0'\ntoken_file = '/nowhere/token'\n")
    editor = SettingsEditor(Location(unsaved, tmp_path), tmp_path, {})
    assert editor.report().is_setup
    assert not editor.report().secrets["web.token"]
    with pytest.raises(SettingsRefused, match="the page needs a token first"):
        editor.finish()
    editor.write(editor.propose(request(changes={"device": "hall"}, secrets={"web.token": TOKEN})), "page")
    assert editor.whole() == editor.finish()
    saved = SettingsEditor(Location(tmp_path / SAVED, tmp_path), tmp_path, {})
    saved.sweep()
    assert not unsaved.exists()
    assert saved.report().values["device"] == "hall"
    assert saved.report().secrets["web.token"]
    with pytest.raises(SettingsRefused, match="set up already"):
        saved.finish()


def test_wrong_settings_are_explained_as_the_daemon_explains_them(path: Path) -> None:
    path.write_text("devise = 'hall'\n")
    with pytest.raises(ConfigInvalid, match=r"there is no key devise; perhaps device is meant"):
        editor_of(path).report()


@pytest.mark.parametrize(
    "body",
    [
        '{"command": "settings"}',
        '{"command": "settings", "action": "get", "changes": {"device": "a"}}',
        '{"command": "settings", "action": "apply"}',
        '{"command": "settings", "action": "apply", "changes": {"Device": "a"}}',
        '{"command": "settings", "action": "apply", "changes": {"a.b.c": "a"}}',
        '{"command": "settings", "action": "apply", "changes": {"device": "a\\nb"}}',
        '{"command": "settings", "action": "apply", "changes": {"device": ["a"]}}',
        '{"command": "settings", "action": "apply", "changes": {"speech.volume": 1e999}}',
        '{"command": "settings", "action": "apply", "secrets": {"mqtt.key": "a"}}',
        '{"command": "settings", "action": "apply", "secrets": {"mqtt.password": ""}}',
    ],
)
def test_wrong_request_is_answered_with_the_right_form(body: str) -> None:
    with pytest.raises(RequestRefused, match="settings are read with"):
        read_request(body.encode())
