import pytest

from edge.sinks.captions.message import Clear, Identify, Message, Said, State, View
from edge.sinks.captions.scene import REMEMBERED, Heard, Scene, is_night, scene_at, shift
from edge.sinks.captions.style import CaptionStyle

LOOK = CaptionStyle(fade_after_s=10.0, history_s=60.0, night_hours="22:00-06:00", night_brightness=0.4)
NOON, MIDNIGHT = 12 * 60, 0


def said(word: str, at: float, confidence: float = 0.9) -> Said:
    return Said(word, f"{word} in English", confidence, at)


def scene(now: float, *messages: Message, minute: int = NOON) -> Scene:
    """What is shown once these were heard."""
    heard = Heard()
    for message in messages:
        heard = heard.after(message)
    return scene_at(heard, LOOK, now, minute)


def line(shown: Scene) -> list[str]:
    return [caption.word for caption in shown.line]


def test_the_newest_word_is_large_and_those_before_it_make_the_line() -> None:
    shown = scene(5.0, said("أ", 1.0), said("ب", 2.0), said("ت", 4.0))
    assert shown.newest is not None
    assert (shown.newest.word, shown.newest.strength) == ("ت", 1.0)
    assert line(shown) == ["أ", "ب"]


def test_a_word_below_the_bound_is_not_sure() -> None:
    sure, unsure = scene(1.0, said("أ", 1.0, 0.8)), scene(1.0, said("أ", 1.0, 0.79))
    assert sure.newest is not None
    assert unsure.newest is not None
    assert (sure.newest.sure, unsure.newest.sure) == (True, False)


def test_a_stale_word_fades_and_then_stands_in_the_line() -> None:
    word = said("أ", 0.0)
    strengths = [scene(now, word).newest for now in (9.9, 11.0, 12.0, 12.9)]
    faded = [caption.strength for caption in strengths if caption is not None]
    assert len(faded) == 4
    assert faded == sorted(faded, reverse=True)
    assert (faded[0], 0.0 < faded[-1] < 0.2) == (1.0, True)
    assert (scene(13.1, word).newest, line(scene(13.1, word))) == (None, ["أ"])


def test_the_line_fades_in_the_end() -> None:
    assert line(scene(59.0, said("أ", 0.0), said("ب", 1.0))) == ["أ", "ب"]
    assert line(scene(63.5, said("أ", 0.0), said("ب", 1.0))) == ["ب"]
    assert line(scene(65.0, said("أ", 0.0), said("ب", 1.0))) == []


def test_nothing_changes_while_nothing_fades() -> None:
    assert scene(2.0, said("أ", 1.0)) == scene(9.0, said("أ", 1.0))


def test_words_are_forgotten_when_there_are_many() -> None:
    assert len(scene(1.0, *(said(str(number), 1.0) for number in range(99))).line) == REMEMBERED - 1


def test_clear_takes_all_words_away() -> None:
    shown = scene(2.0, said("أ", 1.0), said("ب", 1.0), Clear())
    assert (shown.newest, shown.line) == (None, ())


def test_the_devices_name_is_shown_for_a_while() -> None:
    assert scene(5.0, Identify("entrance", 10.0)).identity == "entrance"
    assert scene(10.0, Identify("entrance", 10.0)).identity is None


def test_the_state_stays_until_another_comes() -> None:
    assert scene(500.0, State(("camera",))).state.troubles == ("camera",)
    assert scene(500.0, State(("camera",)), State()).state == State()


def test_a_view_that_is_not_renewed_is_taken_away() -> None:
    view = View(1.0, 0.75, ())
    assert scene(1.5, view).view is view
    assert scene(3.5, view).view is None


@pytest.mark.parametrize(
    ("hours", "clock", "night"),
    [
        ("22:00-06:00", "21:59", False),
        ("22:00-06:00", "22:00", True),
        ("22:00-06:00", "00:00", True),
        ("22:00-06:00", "05:59", True),
        ("22:00-06:00", "06:00", False),
        ("01:30-05:00", "03:00", True),
        ("01:30-05:00", "23:00", False),
        ("", "03:00", False),
    ],
)
def test_night_is_within_its_hours(hours: str, clock: str, night: bool) -> None:
    assert is_night(hours, 60 * int(clock[:2]) + int(clock[3:])) is night


def test_colours_are_darker_at_night() -> None:
    assert (scene(1.0).brightness, scene(1.0, minute=MIDNIGHT).brightness) == (1.0, 0.4)


def test_everything_moves_a_little_every_minute_and_comes_back() -> None:
    places = [shift(60.0 * minute) for minute in range(12)]
    assert len(set(places)) == 12
    assert all(max(abs(x), abs(y)) <= 6 for x, y in places)
    assert (sum(x for x, _ in places), sum(y for _, y in places)) == (0, 0)
    assert shift(0.0) == shift(59.9) == shift(12 * 60.0)
