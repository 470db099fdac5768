from dataclasses import dataclass, field

import pytest

from edge.workers.protocol import Decoder, ProtocolError, encode


@dataclass(frozen=True, slots=True)
class Request:
    number: int
    names: tuple[str, ...] = ()
    payload: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    at: tuple[float, float | None] | None


@pytest.mark.parametrize("chunk_bytes", [1, 7, 10_000])
def test_messages_are_assembled_from_chunks_of_any_size(chunk_bytes: int) -> None:
    sent = [Request(1, ("قصبة\nهوائية",), b"\n{}\n\x00\xff"), Request(2), Request(3, payload=b"x" * 3000)]
    content = b"".join(encode(message) for message in sent)
    decoder = Decoder([Request])
    chunks = (content[start : start + chunk_bytes] for start in range(0, len(content), chunk_bytes))
    assert [message for chunk in chunks for message in decoder.feed(chunk)] == sent


def test_payload_is_not_parsed() -> None:
    payload = b'{"type": "other"}\n'
    assert list(Decoder([Request]).feed(encode(Request(1, payload=payload)))) == [Request(1, payload=payload)]


def test_unknown_fields_are_ignored() -> None:
    assert list(Decoder([Request]).feed(b'{"type": "request", "number": 1, "more": 2}\n')) == [Request(1)]


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense",
        b'{"type": "other"}',
        b'{"type": "request"}',
        b"[" * 60000,
        b'{"number": ' + b"[" * 60000 + b"]" * 60000 + b"}",
        b'{"type": "request", "number": ' + b"9" * 5000 + b"}",
        b'{"type": ["request"], "number": 1}',
        b'{"type": "request", "number": 1, "bytes": -1000}',
        b'{"type": "request", "number": 1, "bytes": 1e3}',
        b'{"type": "request", "number": 1, "bytes": true}',
        b'{"type": "request", "number": 1, "bytes": "1"}',
        b'{"type": "request", "number": 1, "bytes": 99999999999}',
        b'{"type": "request", "number": "1"}',
        b'{"type": "request", "number": true}',
        b'{"type": "request", "number": null}',
        b'{"type": "request", "number": 1, "names": "name"}',
        b'{"type": "request", "number": 1, "names": [1]}',
        b'{"type": "place", "at": [1.0]}',
        b'{"type": "place", "at": [1.0, "x"]}',
        b'{"type": "place", "at": {}}',
        b"\xff\xfe",
        b"",
    ],
    ids=lambda content: content[:60],
)
def test_invalid_message_is_refused(content: bytes) -> None:
    with pytest.raises(ProtocolError, match="invalid message"):
        list(Decoder([Request, Place]).feed(content + b"\n"))


@pytest.mark.parametrize("at", [None, (1.0, 2), (1.0, None)])
def test_values_of_the_declared_types_are_accepted(at: tuple[float, float | None] | None) -> None:
    assert list(Decoder([Place]).feed(encode(Place(at)))) == [Place(at)]


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert list(Decoder([Request]).feed(encode(Request(1, ("a\ud83d",))))) == [Request(1, ("a?",))]


def test_endless_message_is_refused() -> None:
    decoder = Decoder([Request])
    with pytest.raises(ProtocolError, match="more than"):
        list(decoder.feed(b"x" * (9 << 20)))
