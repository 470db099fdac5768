"""Values of which one was once too much for a parser somewhere."""

from typing import Any, Final

DEEP: Final = 60_000
DIGITS: Final = 5000

TOKENS: Final = (
    *(b"[", b"]", b"{", b"}", b'"', b",", b":", b"\\", b"\n", b"\r\n", b"\0", b" ", b"=", b"-", b"#", b"'''", b"%"),
    *(b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", "\u202e".encode(), "٣".encode()),
    *(b"NaN", b"-Infinity", b"1e999", b"-0", b"null", b"true", b"0x10", b"1_0", b"2" * DIGITS),
    *(b"[" * DEEP, b'{"a":' * DEEP, b"(" * 900, b"a." * 3000, b"x" * 70_000),
    *((n).to_bytes(size, "little", signed=True) for n in (0, 1, -1, 1 << 30, -(1 << 31)) for size in (4, 8)),
)
"""Pieces of text and bytes."""


class Raw:
    """A text that stands in a JSON document in place of a value, as it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Raw({self.text[:20]!r})"


VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 2**31, 2**53, 2**63, 2**64, 10**400, 1e308, "", "a", "0", [], {}, [[]]),
    *("\0", "\n", "\u202e", "x" * 70_000, "../../etc", [{}], {"a": {}}, [None] * 5000, {"surprise": 1}),
    *(Raw(text) for text in ("NaN", "-Infinity", "1e999", r'"\ud800"', r'"\ud800\ud800"', "1" * DIGITS, "01", "")),
    *(Raw("[" * depth + "]" * depth) for depth in (100, 199, 500, DEEP)),
    Raw('{"a": 1, "a": 2}'),
)
"""Values in JSON."""
