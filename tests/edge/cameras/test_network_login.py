"""The user name and password of a network camera come from the configuration, and reach nobody but the camera."""

from pathlib import Path

import pytest

from edge.cameras.camera import CameraLost
from edge.cameras.network_address import AddressInvalid
from edge.cameras.source import SourceOptions, open_camera
from edge.config import CameraConfig, ConfigInvalid
from tests.edge.cameras.scripted_server import BASIC, DIGEST, scripted_server, sends_login, status

USER = "entrance"
ODD = "S3C/RET@:?#[%41 ö+&"


def configured(folder: Path, password: str = ODD, username: str | None = USER) -> SourceOptions:
    (folder / "password").write_text(f"{password}\n")
    return SourceOptions(camera=CameraConfig(username=username, password_file=folder / "password"))


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize("challenge", [BASIC, DIGEST])
def test_ffmpeg_and_the_explanation_of_a_fault_log_in_with_any_password(
    scheme: str, challenge: str, tmp_path: Path
) -> None:
    with scripted_server(status("401 Unauthorized", challenge)) as server:
        camera = open_camera(f"{scheme}://127.0.0.1:{server.port}/live", configured(tmp_path))
        with pytest.raises(CameraLost, match=r"refuses the user name or password \(401\); correct them in") as lost:
            next(iter(camera.frames()))
    assert "S3C" not in str(lost.value)
    logins = {request for request in server.requests if sends_login(request, USER, ODD)}
    assert {"Lavf" in request for request in logins} == {True, False}
    assert [request for request in server.requests if sends_login(request, USER, ODD) is False] == []


def test_login_of_the_address_takes_precedence(tmp_path: Path) -> None:
    with scripted_server(status("401 Unauthorized", BASIC)) as server:
        camera = open_camera(f"http://guest:word@127.0.0.1:{server.port}/", configured(tmp_path))
        with pytest.raises(CameraLost):
            next(iter(camera.frames()))
    assert {sends_login(request, "guest", "word") for request in server.requests} == {True, None}


def test_user_of_the_address_goes_with_the_password_of_the_file(tmp_path: Path) -> None:
    with scripted_server(status("401 Unauthorized", BASIC)) as server:
        options = configured(tmp_path, username=None)
        with pytest.raises(CameraLost):
            next(iter(open_camera(f"http://guest@127.0.0.1:{server.port}/", options).frames()))
    assert {sends_login(request, "guest", ODD) for request in server.requests} == {True, None}


def test_password_without_a_user_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AddressInvalid, match=r"needs a user name beside its password; write it as username in"):
        open_camera("rtsp://10.0.0.7/live", configured(tmp_path, username=None))


def test_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    camera = CameraConfig(username=USER, password_file=tmp_path / "none")
    with pytest.raises(ConfigInvalid, match=r"camera\.password_file .*none cannot be read: No such file"):
        open_camera("rtsp://10.0.0.7/live", SourceOptions(camera=camera))


def test_clip_needs_no_password(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"")
    camera = CameraConfig(username=USER, password_file=tmp_path / "none")
    open_camera(str(tmp_path / "clip.mp4"), SourceOptions(camera=camera)).stop()
