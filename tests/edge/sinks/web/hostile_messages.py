"""Messages that are to make a server stumble: small ones that grow huge, and others that are not what they say."""

import struct

import cv2
import numpy as np

from tests.edge.sinks.web.visitor_server import CHEST, grey


def huge(width: int, height: int) -> bytes:
    """A small JPEG that says it is of this size."""
    content = grey()
    frame = content.index(b"\xff\xc0")
    return content[: frame + 5] + struct.pack(">HH", height, width) + content[frame + 9 :]


def many_scans() -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    done, encoded = cv2.imencode(".jpg", np.zeros((1080, 1920, 3), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    assert done
    content = encoded.tobytes()
    return content[:-2] + content[content.rindex(b"\xff\xda") : -2] * 200 + content[-2:]


def two_sizes(width: int, height: int) -> bytes:
    """A JPEG of this size, in which a reader that takes FF 00 for the start of a segment finds another size."""
    small, large = grey(), huge(width, height)
    frame, scan = small.index(b"\xff\xc0"), large.index(b"\xff\xda")
    header = small[frame : small.index(b"\xff\xc4")]
    start = large[2 : scan + 20]
    return large[:2] + b"\xff\x00" + struct.pack(">H", 2 + len(start)) + start + header + small[-2:]


def take(**changed: np.ndarray) -> bytes:
    """A take with other times or points."""
    frames = np.zeros(18, [("times", "<f8"), ("points", "<f4", (543, 3))])
    frames["times"] = np.arange(18) / 15
    for name, values in changed.items():
        frames[name] = values
    return b"\2" + frames.tobytes()


# The file of a take that killed the recognition while visitors sent such files: its header is no Python literal.
ARRAY_FILE = b"\x93NUMPY\x01\x00" + struct.pack("<H", 13) + b"{'descr': (((\n"

MALFORMED = {
    "nothing": b"",
    "a wrong byte": b"\x07" + grey(),
    "a byte alone": b"\1",
    "no JPEG": b"\1hello",
    "a PNG": b"\1" + cv2.imencode(".png", np.zeros((48, 64, 3), np.uint8))[1].tobytes(),
    "half a header": b"\1" + grey()[:100],
    "a cut-off JPEG": b"\1" + grey()[:170],
    "a header of 65500 by 65500": b"\1" + huge(65500, 65500),
    "a header of 0 by 0": b"\1" + huge(0, 0),
    "a header of 100000 scans": b"\1" + many_scans(),
    "a JPEG of two sizes": b"\1" + two_sizes(8000, 8000),
    "no take": b"\2" + bytes(1000),
    "an empty take": b"\2",
    "a take's file": b"\2" + CHEST.read_bytes(),
    "a file to choke on": b"\2" + ARRAY_FILE,
    "a take with half a frame": take() + bytes(100),
    "a take that goes back": take(times=np.arange(18)[::-1]),
    "a take of times that are none": take(times=np.full(18, np.nan)),
    "a take of a year": take(times=np.linspace(0.0, 3e7, 18)),
    "a take from the end of time": take(times=np.linspace(1e308, 1.7e308, 18)),
    "a take of points far away": take(points=np.full((18, 543, 3), 1e30)),
    "landmarks too short": b"\3" + bytes(100),
    "landmarks far away": b"\3" + np.full((543, 3), 1e30, "<f4").tobytes(),
    "landmarks at infinity": b"\3" + np.full((543, 3), np.inf, "<f4").tobytes(),
}
