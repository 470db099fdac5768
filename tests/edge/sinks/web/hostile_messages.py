"""Messages that are to make a server stumble: small ones that grow huge, and others that are not what they say."""

import io
import struct
import zipfile

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


def archive(**arrays: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, array in arrays.items():
            packed.writestr(f"{name}.npy", array)
    return content.getvalue()


def array(shape: tuple[int, ...], dtype: str, content: bytes = b"") -> bytes:
    """The file of an array, whose header may promise more than there is."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue() + content


def take_file(**changed: object) -> bytes:
    """A take's file with other arrays."""
    with np.load(CHEST) as content:
        arrays = dict(content) | changed
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


TIMES = np.load(CHEST)["times"]
ORIGIN = str(np.load(CHEST)["provenance"])
BOMB = archive(times=bytes(300 << 20))

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
    "no take": b"\2" + bytes(1000),
    "no archive of arrays": b"\2" + archive(times=b"times"),
    "a bomb": b"\2" + BOMB,
    "an array of a terabyte": b"\2" + archive(times=array((1 << 37,), "<f8")),
    "elements of a gigabyte": b"\2" + archive(times=array((5,), f"|V{1 << 30}")),
    "a header to choke on": b"\2" + archive(times=b"\x93NUMPY\x01\x00" + struct.pack("<H", 900) + b"-" * 900),
    "pickled objects": b"\2" + archive(times=array((5,), "|O", b"cos\nsystem\n(S'true'\ntR.")),
    "a take of another format": b"\2" + take_file(provenance=np.array('{"format": 99, "layout": "holistic-543"}')),
    "a take that is a word": b"\2" + take_file(provenance=np.array('"take"')),
    "a take of no known clip": b"\2" + take_file(provenance=np.array(ORIGIN.replace('"clip"', '"more"'))),
    "a take that goes back": b"\2" + take_file(times=TIMES[::-1]),
    "a take of times that are none": b"\2" + take_file(times=np.full(len(TIMES), np.nan)),
    "a take of a year": b"\2" + take_file(times=np.linspace(0.0, 3e7, len(TIMES))),
    "a take of points far away": b"\2" + take_file(pose=np.full((len(TIMES), 33, 3), 1e30, np.float32)),
    "landmarks too short": b"\3" + bytes(100),
    "landmarks far away": b"\3" + np.full((543, 3), 1e30, "<f4").tobytes(),
    "landmarks at infinity": b"\3" + np.full((543, 3), np.inf, "<f4").tobytes(),
}
