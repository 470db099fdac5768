"""Tars whose headers state negative sizes, so that a reader goes backward and never ends."""

import tarfile
from typing import Final

_BLOCK: Final = 512
_SIZE, _SUM = slice(124, 136), slice(148, 156)


def tar_of(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a tar of one folder and one member whose header states that size."""
    member = tarfile.TarInfo(name)
    member.type = kind
    header = bytearray(member.tobuf())
    header[_SIZE] = (size % (1 << 96)).to_bytes(12, "big")
    header[_SUM] = b" " * 8
    header[_SUM] = b"%06o\0 " % sum(header)
    return _in_tar(bytes(header))


def tar_with_record(name: str, size: int) -> bytes:
    """Return a tar of one folder and one member whose size an extended header states."""
    record = f" size={size}\n"
    record = f"{len(record) + 2}{record}"
    extended = tarfile.TarInfo("extended")
    extended.type, extended.size = tarfile.XHDTYPE, len(record)
    return _in_tar(extended.tobuf() + record.encode().ljust(_BLOCK, b"\0") + tarfile.TarInfo(name).tobuf())


def _in_tar(content: bytes) -> bytes:
    folder = tarfile.TarInfo("tiny")
    folder.type = tarfile.DIRTYPE
    return folder.tobuf() + content + bytes(3 * _BLOCK)


HOSTILE_TARS: Final = {
    "other file": tar_of("tiny/other", -_BLOCK),
    "other file before": tar_of("tiny/other", -2 * _BLOCK),
    "file of a bundle": tar_of("tiny/README.md", -2 * _BLOCK),
    "long name": tar_of("tiny/other", -_BLOCK, tarfile.GNUTYPE_LONGNAME),
    "extended header": tar_of("tiny/other", -_BLOCK, tarfile.XHDTYPE),
    "global header": tar_of("tiny/other", -2 * _BLOCK, tarfile.XGLTYPE),
    "folder": tar_of("tiny/other", -_BLOCK, tarfile.DIRTYPE),
    "record": tar_with_record("tiny/other", -3 * _BLOCK),
    "record of a file of a bundle": tar_with_record("tiny/model.onnx", -_BLOCK),
}
