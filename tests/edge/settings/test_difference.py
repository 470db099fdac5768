"""The difference of two texts of settings."""

import tomllib

import pytest

from edge.settings.difference import compare, unified
from edge.settings.report import Change

SECRET = "hunter2"


def test_difference_names_line_section_and_keys() -> None:
    before = "# the hall\ndevice = 'a'\n\n[mqtt]\n# its host\nhost = 'a'\n"
    after = before.replace("host = 'a'", "host = 'b'\ntls = true")
    report = compare(before, after, tomllib.loads(before), tomllib.loads(after))
    assert report.difference == "--- before\n+++ after\n@@ -6 +6,2 @@ [mqtt]\n-host = 'a'\n+host = 'b'\n+tls = true\n"
    assert report.changes == (Change(key="mqtt.host", old="a", new="b"), Change(key="mqtt.tls", new=True))


@pytest.mark.parametrize(
    "line",
    [
        f'source = "rtsp://user:{SECRET}@host/path"',
        f"source = 'rtsp://user:{SECRET}@host/path'",
        f'source = "rtsp://user:\\"{SECRET}@host/path"',
        f'source = "http://host/?password={SECRET}"',
        f"# source = rtsp://user:{SECRET}@host",
        f'source = "/dev/video0" # or rtsp://user:{SECRET}@host',
        f'source = """\nrtsp://user:{SECRET}@host"""',
        f'# the camera\'s "is" at rtsp://user:{SECRET}@host and {SECRET}',
    ],
)
def test_password_of_an_address_is_never_shown(line: str) -> None:
    before, after = "[camera]\nmirror = true\n", f"[camera]\nmirror = true\n{line}\n"
    for shown in (unified(before, after), unified(after, before), unified(after, after.replace("user", "other"))):
        assert SECRET not in shown
    content = {} if line.startswith("#") else tomllib.loads(after)
    assert SECRET not in compare(before, after, {}, content).model_dump_json()
