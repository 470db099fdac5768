"""The help texts about sources, apart from what opens them: command lines are parsed without its libraries."""

from typing import Final

from edge.redaction import redact_source

SOURCES_HELP: Final = (
    "/dev/video0 or better its name in /dev/v4l/by-id, which stays the same when cameras are plugged in again, "
    "v4l2:DEVICE, picamera:0 (Raspberry Pi), csi:0 (Jetson), rtsp://…, http://…, a video file, a folder of numbered "
    "frames, take:FILE, or take:FOLDER for all takes of a folder one after another"
)
_DEVICES: Final = ("/dev/", "v4l2:", "picamera:", "csi:")


def find_remedy(source: str) -> str:
    """Return what to do about a source that cannot be read, beside what the reason says."""
    if source.startswith(_DEVICES):
        return "plug it in, and check that no other program uses it and that this user may open it (group video)"
    if "://" in redact_source(source):
        return "mend that; a player such as VLC on another machine of the network shows whether the address is right"
    return "name another source with --source or in [camera]"
