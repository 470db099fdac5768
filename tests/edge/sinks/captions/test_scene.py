from edge.sinks.captions.message import (
    CaptionsMessage,
    Clear,
    Identify,
    Message,
    ReplyMessage,
    StatusMessage,
    TeachingMessage,
    Text,
    View,
)
from edge.sinks.captions.scene import CaptionState, ReplyText, Scene, burn_in_shift, scene_at
from edge.sinks.captions.style import CaptionStyle

STYLE = CaptionStyle(fade_after_s=10.0, history_s=60.0, night_hours="22:00-06:00", night_brightness=0.4)
NOON, MIDNIGHT = 12 * 60, 0


def text(word: str, at: float, confidence: float = 0.9) -> Text:
    return Text(word, f"{word} in English", confidence, at)


def scene(now: float, *shown: Message | Text, minute: int = NOON) -> Scene:
    """Return the scene after these messages, and with these texts."""
    state = CaptionState()
    texts = tuple(one for one in shown if isinstance(one, Text))
    for message in (CaptionsMessage(texts), *(one for one in shown if not isinstance(one, Text))):
        state = state.updated(message)
    return scene_at(state, STYLE, now, minute)


def previous_words(scene: Scene) -> list[str]:
    return [caption.word for caption in scene.previous]


def test_newest_word_is_separate_from_previous_words() -> None:
    result = scene(5.0, text("أ", 1.0), text("ب", 2.0), text("ت", 4.0))
    assert result.newest is not None
    assert (result.newest.word, result.newest.opacity) == ("ت", 1.0)
    assert previous_words(result) == ["أ", "ب"]


def test_word_below_the_threshold_is_not_confident() -> None:
    confident, uncertain = scene(1.0, text("أ", 1.0, 0.8)), scene(1.0, text("أ", 1.0, 0.79))
    assert confident.newest is not None
    assert uncertain.newest is not None
    assert (confident.newest.is_confident, uncertain.newest.is_confident) == (True, False)


def test_newest_word_fades_and_then_joins_the_previous_words() -> None:
    word = text("أ", 0.0)
    captions = [scene(now, word).newest for now in (9.9, 11.0, 12.0, 12.9)]
    faded = [caption.opacity for caption in captions if caption is not None]
    assert len(faded) == 4
    assert faded == sorted(faded, reverse=True)
    assert (faded[0], 0.0 < faded[-1] < 0.2) == (1.0, True)
    assert (scene(13.1, word).newest, previous_words(scene(13.1, word))) == (None, ["أ"])


def test_previous_words_fade_at_last() -> None:
    assert previous_words(scene(59.0, text("أ", 0.0), text("ب", 1.0))) == ["أ", "ب"]
    assert previous_words(scene(63.5, text("أ", 0.0), text("ب", 1.0))) == ["ب"]
    assert previous_words(scene(65.0, text("أ", 0.0), text("ب", 1.0))) == []


def test_reply_is_shown_until_its_instant_or_until_it_is_removed() -> None:
    reply = ReplyMessage("غرفة 7", partial=False, until=9.0)
    assert scene(8.9, reply).reply == ReplyText("غرفة 7")
    assert scene(9.1, reply).reply is None
    assert scene(5.0, reply, ReplyMessage("غرفة 8", partial=True, until=9.0)).reply == ReplyText("غرفة 8", partial=True)
    assert scene(5.0, reply, ReplyMessage("", partial=False, until=9.0)).reply is None
    assert scene(5.0, reply, Clear()).reply is None


def test_scene_is_constant_while_nothing_fades() -> None:
    assert scene(2.0, text("أ", 1.0)) == scene(9.0, text("أ", 1.0))


def test_clear_removes_all_words() -> None:
    result = scene(2.0, text("أ", 1.0), text("ب", 1.0), Clear())
    assert (result.newest, result.previous) == (None, ())


def test_each_message_takes_the_place_of_the_one_before() -> None:
    result = scene(2.0, text("أ", 1.0), CaptionsMessage((text("ب", 1.0),)))
    assert result.newest is not None
    assert (result.newest.word, result.previous) == ("ب", ())


def test_device_name_is_shown_until_its_deadline() -> None:
    assert scene(5.0, Identify("entrance", 10.0)).identity == "entrance"
    assert scene(10.0, Identify("entrance", 10.0)).identity is None


def test_teaching_is_shown_until_its_outcome_was_seen() -> None:
    counting = TeachingMessage("countdown", ("قهوة\n", "Coffee"), (1, 3), seconds=3)
    shown = scene(500.0, counting).teaching
    assert shown is not None
    assert (shown.word, shown.seconds) == (("قهوة", "Coffee"), 3)
    assert scene(5.0, counting, TeachingMessage("done", until=6.0)).teaching is not None
    assert scene(7.0, counting, TeachingMessage("done", until=6.0)).teaching is None
    assert scene(5.0, counting, TeachingMessage()).teaching is None


def test_status_stays_until_the_next() -> None:
    assert scene(500.0, StatusMessage(("camera",))).status.faults == ("camera",)
    assert scene(500.0, StatusMessage(("camera",)), StatusMessage()).status == StatusMessage()


def test_view_times_out() -> None:
    view = View(1.0, 0.75, ())
    assert scene(1.5, view).view is view
    assert scene(3.5, view).view is None


def test_colours_are_darker_at_night() -> None:
    assert (scene(1.0).brightness, scene(1.0, minute=MIDNIGHT).brightness) == (1.0, 0.4)


def test_burn_in_shift_goes_around_a_circle() -> None:
    shifts = [burn_in_shift(60.0 * minute) for minute in range(12)]
    assert len(set(shifts)) == 12
    assert all(max(abs(x), abs(y)) <= 6 for x, y in shifts)
    assert (sum(x for x, _ in shifts), sum(y for _, y in shifts)) == (0, 0)
    assert burn_in_shift(0.0) == burn_in_shift(59.9) == burn_in_shift(12 * 60.0)
