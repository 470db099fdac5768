"""Strategies that make hostile `.npz` and `.tar` archives of valid ones, also with right checksums."""

import io
import struct
import tarfile
import zipfile
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.fuzz.mutations import Draw, hostile_bytes, mutated_bytes

_NAMES = ("surprise.npy", "times", "../times.npy", "\n", "a" * 300)
_COMPRESSIONS = (*(zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) * 8, zipfile.ZIP_LZMA)  # LZMA takes 50 ms to start
_DESCRS = (
    *("<f8", "<f4", "<f2", "<i2", "<i8", "|u1", "|b1", "<U3", "<U70000", "|O", "|V0", "<c16", "<M8[s]", "|S5", "<f16"),
    *("|V1073741824", "x", "[('a', '<f8')]"),
)
_SHAPES = (
    *("()", "(1,)", "(18,)", "(24, 21, 3)", "(-1,)", "(0,)", "(1099511627776,)", "(True,)", "(100000000,)"),
    *("(0, 99999999999)", "(2, 3", "('a',)", "[5]", "(" * 300),
)
_ZEROS = b"\0" * 10_000_000
_VERSIONS = (b"\x01\x00", b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x09\x00")
_FIELDS = ((0, 100), (124, 12), (156, 1), (157, 100), (345, 155), (386, 96), (482, 30))  # of a header: offset, length
_FIELD_VALUES = (
    *(b"\x80" + b"\0" * 10 + b"\x01", b"\xff" * 12, b"\xff" * 11 + b"\0", b"777777777777", b"-1", b"/", b"..", b""),
    b"\xff\xfe",
)
_KINDS = (b"0", b"1", b"2", b"3", b"5", b"6", b"x", b"g", b"L", b"K", b"S", b"V", b"\0", b"7")
_EXTENDED_KINDS = (b"x", b"g", b"L", b"K", b"S")
_RECORDS = (
    *(b"13 size=99999\n", b"11 size=-1\n", b"15 size=-99999\n", b"99999999999 path=a\n", b"0 path=a\n", b"x path=a\n"),
    *(
        b"-5 a=b\n",
        b"14 path=\xff\xfe\xfd\n",
        b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n",
        b"20 GNU.sparse.size=x\n",
    ),
    *(b"25 GNU.sparse.map=1,2,3,4\n", b"19 hdrcharset=BINA\n", b"17 mtime=1e999999\n", b"", b"\0" * 2_000_000),
)


def hostile_npz(examples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return archives whose members are changed inside, with right checksums, and archives that are damaged."""
    return st.one_of(mutated_npz(examples), mutated_npz(examples), mutated_npz(examples), hostile_bytes(examples))


@st.composite
def mutated_npz(draw: Draw, examples: Sequence[bytes]) -> bytes:
    """Change, remove, repeat or add some arrays of an archive."""
    with zipfile.ZipFile(io.BytesIO(draw(st.sampled_from(examples)))) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    untouched = dict(members)
    for _ in range(draw(st.integers(1, 2))):
        number = draw(st.integers(0, len(members) - 1)) if members else 0
        name, content = members[number] if members else ("times.npy", b"")
        kind = draw(st.integers(0, 5))
        if kind == 0 and members:
            del members[number]
        elif kind == 1:
            members.append((draw(st.sampled_from(_NAMES)), content))
        elif kind == 2:
            members[number : number + 1] = [(name, draw(mutated_bytes([content])))]
        else:
            members[number : number + 1] = [(name, draw(hostile_array(content)))]
    packed = io.BytesIO()
    compression = draw(st.sampled_from(_COMPRESSIONS))
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in dict(members).items():
            kind = zipfile.ZIP_DEFLATED if untouched.get(name) == content else compression  # LZMA only where it counts
            archive.writestr(name, content, kind, compresslevel=1)
    return packed.getvalue()


@st.composite
def hostile_array(draw: Draw, content: bytes) -> bytes:
    """Give the data of an array another header, or other data."""
    descr, shape = draw(st.sampled_from(_DESCRS)), draw(st.sampled_from(_SHAPES))
    header = f"{{'descr': '{descr}', 'fortran_order': {draw(st.booleans())}, 'shape': {shape}, }}\n".encode()
    start = b"\x93NUMPY" + bytes(draw(st.sampled_from(_VERSIONS))) + struct.pack("<H", len(header))
    return start + header + (content[-200:], b"", _ZEROS, b"\xff" * 4000, content)[draw(st.integers(0, 4))]


def hostile_tar(examples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return archives with other headers, with right checksums, and archives that are damaged."""
    return st.one_of(mutated_tar(examples), mutated_tar(examples), hostile_bytes(examples))


@st.composite
def mutated_tar(draw: Draw, examples: Sequence[bytes]) -> bytes:
    """Change some fields of a member's header, or put an extended header in front of it."""
    content = bytearray(draw(st.sampled_from(examples)))
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        start = draw(st.sampled_from([member.offset for member in tar]))
    if draw(st.booleans()):
        records = bytes(draw(st.sampled_from(_RECORDS)))
        info = tarfile.TarInfo("././@PaxHeader")
        info.type, info.size = draw(st.sampled_from(_EXTENDED_KINDS)), len(records)
        content[start:start] = info.tobuf(tarfile.USTAR_FORMAT) + records + b"\0" * (-len(records) % tarfile.BLOCKSIZE)
        return bytes(content)
    offset, length = draw(st.sampled_from(_FIELDS))
    value = draw(st.sampled_from(_KINDS if length == 1 else _FIELD_VALUES))
    content[start + offset : start + offset + length] = value[:length].ljust(length, b"\0")
    header = content[start : start + tarfile.BLOCKSIZE]
    header[148:156] = b" " * 8
    content[start + 148 : start + 156] = b"%06o\0 " % sum(header)
    return bytes(content)
