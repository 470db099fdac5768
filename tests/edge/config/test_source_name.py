"""The part of a source's name that is shown."""

import pytest

from edge.config import CameraConfig
from edge.config.source_name import SourceName
from edge.redaction import redact_source

ADDRESSES = {
    "rtsp://camera.local/live": "rtsp://camera.local",
    "rtsp://user:S3CRET@camera.local:554/live": "rtsp://camera.local:554",
    "http://camera.local/live?user=admin&password=S3CRET": "http://camera.local",
    "http://camera.local:80/user=admin_password=S3CRET/live": "http://camera.local:80",
    "rtsp://user:p%40S3CRET@camera.local/": "rtsp://camera.local",
    "rtsp://user:p@S3CRET@camera.local/": "rtsp://camera.local",
    "rtsp://user:p/S3CRET@camera.local/live": "rtsp://camera.local",
    "rtsp://user:p?S3CRET@camera.local/live": "rtsp://camera.local",
    "rtsp://user:p#S3CRET@camera.local/live": "rtsp://camera.local",
    "rtsp://user:p\\S3CRET@camera.local/live": "rtsp://camera.local",
    "rtsp://user:p S3CRET@camera.local/live": "rtsp://camera.local",
    "rtsp://user:p\nS3CRET@camera.local/live": "rtsp://camera.local",
    "rtsp://user:p@S3/CRET@camera.local/live": "rtsp://***",
    "rtsp://user:p@S3/CRET@192.0.2.7:554/live": "rtsp://192.0.2.7:554",
    "rtsp://user:S3CRET@192.0.2.7:554/live@noon": "rtsp://192.0.2.7:554",
    "rtsp://user:1/S3CRET@camera.local/live": "rtsp://user",
    "http://camera.local/live?password=p@S3CRET": "http://camera.local",
    "http://camera.local:80/live?password=p@S3CRET": "http://camera.local",
    "rtsp://user:S3CRET": "rtsp://***",
    "RTSP://user:S3CRET@camera.local/live": "rtsp://camera.local",
    " rtsp://user:S3CRET@camera.local/live": "rtsp://camera.local",
    "\trtsp://user:S3CRET@camera.local/live": "rtsp://camera.local",
    "source=rtsp://user:S3CRET@camera.local/live": "rtsp://camera.local",
    "'rtsp://user:S3CRET@camera.local/live'": "rtsp://camera.local",
    "rtmp://user:S3CRET@camera.local/live": "rtmp://camera.local",
    "srt://camera.local:9000?passphrase=S3CRET": "srt://camera.local:9000",
    "rtsp:/user:S3CRET@camera.local/live": "rtsp://camera.local",
    "rtsp:user:S3CRET@camera.local/live": "rtsp://camera.local",
    "rtsp//user:S3CRET@camera.local/live": "rtsp://camera.local",
    "http:\\\\user:S3CRET@camera.local\\live": "http://camera.local",
    "user:S3CRET@camera.local/live": "camera.local",
    "//user:S3CRET@camera.local/live": "camera.local",
    "camera.local:554/user=admin&password=S3CRET": "camera.local:554",
    "v4l2:rtsp://user:S3CRET@camera.local/live": "v4l2:rtsp://camera.local",
    "take:rtsp:/user:S3CRET@camera.local/live": "take:rtsp://camera.local",
    "rtsp://user:S3CRET@[2001:db8::7]:554/live": "rtsp://[2001:db8::7]:554",
}


@pytest.mark.parametrize(("address", "shown"), ADDRESSES.items())
def test_scheme_and_host_of_an_address_are_shown(address: str, shown: str) -> None:
    assert redact_source(address) == shown


@pytest.mark.parametrize(
    "name",
    [
        "/dev/video0",
        "/dev/v4l/by-path/usb-0:1.2:1.0@1",
        "v4l2:/dev/video0",
        "picamera:0",
        "clip.mp4",
        "clips/12:30 party.mp4",
        "/dev/shm/12:30@home.mp4",
        "../a:b@c.mp4",
        "take:takes/2026-11-01T12:30@hall.take.npz",
        "كلمة.mp4",
    ],
)
def test_other_sources_are_shown_as_they_are(name: str) -> None:
    assert redact_source(name) == name


def test_configuration_shows_its_source_redacted_and_keeps_it_whole() -> None:
    address = "rtsp://user:S3CRET@camera.local/live"
    camera = CameraConfig(source=SourceName(address))
    assert "S3CRET" not in f"{camera} {camera!r} {camera.source} {camera.model_dump_json()} {camera.model_dump()}"
    assert CameraConfig.model_validate_json(camera.to_json()).source.get_secret_value() == address
