"""The help text about sources, apart from what opens them: command lines are parsed without its libraries."""

from typing import Final

SOURCES_HELP: Final = (
    "/dev/video0 or better its name in /dev/v4l/by-id, which stays the same when cameras are plugged in again, "
    "v4l2:DEVICE, picamera:0 (Raspberry Pi), csi:0 (Jetson), rtsp://…, http://…, a video file, a folder of numbered "
    "frames, take:FILE, or take:FOLDER for all takes of a folder one after another"
)
