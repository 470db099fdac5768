from dataclasses import dataclass, field

import pytest

from edge.workers.protocol import Decoder, ProtocolError, encode


@dataclass(frozen=True, slots=True)
class Request:
    number: int
    names: tuple[str, ...] = ()
    payload: bytes = field(default=b"", repr=False)


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


@pytest.mark.parametrize("content", [b"nonsense\n", b'{"type": "other"}\n', b'{"type": "request"}\n', b"[" * 20000])
def test_invalid_message_is_refused(content: bytes) -> None:
    with pytest.raises(ProtocolError, match="invalid message"):
        list(Decoder([Request]).feed(content + b"\n"))


def test_endless_message_is_refused() -> None:
    decoder = Decoder([Request])
    with pytest.raises(ProtocolError, match="more than"):
        list(decoder.feed(b"x" * (9 << 20)))
