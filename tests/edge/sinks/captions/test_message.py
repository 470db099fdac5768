import pytest

from edge.sinks.captions.message import (
    ANSWER_TYPES,
    MESSAGE_TYPES,
    Answer,
    CaptionsDisplayed,
    CaptionsMessage,
    Clear,
    Identify,
    Message,
    Ready,
    ReplyMessage,
    StatusMessage,
    TeachingMessage,
    View,
)
from edge.sinks.captions.style import CaptionStyle
from edge.workers.protocol import Decoder, Failure, Heartbeat, encode

ALL_TYPES: list[type[Message | Answer]] = [*MESSAGE_TYPES, *ANSWER_TYPES]
SENT: list[Message | Answer] = [
    CaptionsMessage((("قلب", "heart", 0.5, 1.0), ("قصبة\nهوائية", "Trachea", 0.97, 12.5))),
    StatusMessage(("camera", "broker"), paused=True, obstacle="too dark", keeping=True),
    ReplyMessage("غرفة 7", partial=True, until=12.5),
    TeachingMessage("countdown", ("قهوة", "Coffee"), (2, 3), seconds=3, fault="too short"),
    TeachingMessage("done", until=12.5),
    Clear(),
    Identify("entrance", 20.0),
    Ready("kmsdrm", (1920, 1080)),
    CaptionsDisplayed(12.5, 12.52),
    Heartbeat(),
    Failure("it was unplugged"),
]


@pytest.mark.parametrize("chunk_bytes", [1, 7, 10_000])
def test_messages_arrive_as_they_were_sent_in_chunks_of_any_size(chunk_bytes: int) -> None:
    view = View(3.0, 0.75, ((0.5, 0.25), None), (2, 1), b"\n{}\n\x00\xff")
    content = b"".join(encode(message) for message in [*SENT, view, *SENT])
    decoder = Decoder(ALL_TYPES)
    chunks = (content[start : start + chunk_bytes] for start in range(0, len(content), chunk_bytes))
    arrived = [message for chunk in chunks for message in decoder.feed(chunk)]
    assert arrived[: len(SENT)] == arrived[len(SENT) + 1 :] == SENT
    view_received = arrived[len(SENT)]
    assert isinstance(view_received, View)
    assert (view_received.at, view_received.aspect, view_received.joints, view_received.size, view_received.image) == (
        view.at,
        view.aspect,
        view.joints,
        view.size,
        view.image,
    )


def test_style_arrives_as_it_was_sent() -> None:
    style = CaptionStyle(theme="light", night_hours="22:00-06:00", screen=1)
    assert CaptionStyle.from_json(style.to_json()) == style
