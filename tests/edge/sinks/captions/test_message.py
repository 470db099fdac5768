import pytest

from edge.sinks.captions.message import (
    ANSWERS,
    MESSAGES,
    Answer,
    Clear,
    Drawn,
    Identify,
    Message,
    Ready,
    Said,
    State,
    View,
)
from edge.sinks.captions.style import CaptionStyle
from edge.workers.protocol import Alive, Decoder, Lost, encode

KINDS: list[type[Message | Answer]] = [*MESSAGES, *ANSWERS]
SENT: list[Message | Answer] = [
    Said("قصبة\nهوائية", "Trachea", 0.97, 12.5),
    State(("camera", "broker"), paused=True),
    Clear(),
    Identify("entrance", 20.0),
    Ready("kmsdrm", (1920, 1080)),
    Drawn(12.5, 12.52),
    Alive(),
    Lost("it was unplugged"),
]


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_messages_arrive_as_they_were_sent_in_whatever_pieces(step: int) -> None:
    view = View(3.0, 0.75, ((0.5, 0.25), None), (2, 1), b"\n{}\n\x00\xff")
    content = b"".join(encode(message) for message in [*SENT, view, *SENT])
    decoder = Decoder(KINDS)
    pieces = (content[start : start + step] for start in range(0, len(content), step))
    arrived = [message for piece in pieces for message in decoder.feed(piece)]
    assert arrived[: len(SENT)] == arrived[len(SENT) + 1 :] == SENT
    seen = arrived[len(SENT)]
    assert isinstance(seen, View)
    assert (seen.at, seen.aspect, seen.joints, seen.size, seen.picture) == (
        view.at,
        view.aspect,
        view.joints,
        view.size,
        view.picture,
    )


def test_a_look_arrives_as_it_was_sent() -> None:
    look = CaptionStyle(theme="light", night_hours="22:00-06:00", screen=1)
    assert CaptionStyle.of_json(look.to_json()) == look
