import json

import pytest

from edge.commands import Commands, Response
from edge.conversation import Conversation
from edge.corrections.corrector import Corrector
from edge.monitoring.status import DeviceStatus
from edge.recognition.word import StreamClock, Word, WordFactory
from edge.requests import MAX_BYTES, Correction
from edge.utterances.utterance import Event, Line, Utterance
from models.labels import Sign, SignKind
from models.sign_number import number_of_word
from tests.edge.sinks.web.device import word
from tests.edge.tiny_bundle import SIGNS


class Device:
    """A conversation whose events are recorded, and the command that corrects its words."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        factory = WordFactory(StreamClock(fast=True), model="tiny@3", device="entrance", threshold=0.5)
        self._next_seq = factory.next_seq
        self.conversation = Conversation([self], factory)
        self.corrector = Corrector(self.conversation, SIGNS, None)
        self._commands = Commands(DeviceStatus())
        self._commands.register_payload(Correction, self.corrector.correct)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        """Nothing is buffered."""

    def say(self, *signs: int) -> None:
        self.conversation.say(word(self._next_seq(), 0.6, sign) for sign in signs)

    def correct(self, **payload: object) -> Response:
        return self._commands.execute(json.dumps({"command": "correct", **payload}).encode())

    @property
    def last_word(self) -> Word:
        return [event for event in self.events if isinstance(event, Word)][-1]

    @property
    def text(self) -> str:
        return [event for event in self.events if isinstance(event, Line | Utterance)][-1].text


@pytest.fixture
def device() -> Device:
    return Device()


def test_word_is_replaced_by_another_sign_in_an_event_of_its_own(device: Device) -> None:
    device.say(0, 2)
    assert device.correct(seq=1, sign_id=75, id="c1") == Response(id="c1", command="correct", ok=True)
    correction = device.last_word
    assert (correction.seq, correction.corrects, correction.confidence) == (3, 1, 1.0)
    assert (correction.sign_id, correction.word, correction.word_en) == (75, SIGNS[1].word, SIGNS[1].word_en)
    assert device.text == f"{SIGNS[1].word} {SIGNS[2].word}"


def test_finished_utterance_is_composed_anew(device: Device) -> None:
    device.say(0, 2)
    device.conversation.end()
    assert device.correct(seq=2, sign_id=75).ok
    last = device.events[-1]
    assert isinstance(last, Utterance)
    assert (last.corrects, last.text, last.words) == (3, f"{SIGNS[0].word} {SIGNS[1].word}", (1, 2))


def test_deleted_word_leaves_the_line_and_can_be_brought_back(device: Device) -> None:
    device.say(0, 2)
    assert device.correct(seq=1, delete=True).ok
    assert (device.last_word.corrects, device.last_word.word, device.last_word.word_en) == (1, "", "")
    assert device.text == SIGNS[2].word
    assert device.correct(seq=1, sign_id=76).ok
    assert device.last_word.corrects == 1
    assert device.text == f"{SIGNS[0].word} {SIGNS[2].word}"


def test_correction_can_be_corrected_by_its_own_number(device: Device) -> None:
    device.say(0)
    assert device.correct(seq=1, sign_id=75).ok
    assert device.correct(seq=2, sign_id=71).ok
    assert (device.last_word.seq, device.last_word.corrects) == (3, 1)


@pytest.mark.parametrize("text", [SIGNS[1].word, SIGNS[1].word_en.upper()])
def test_text_that_is_the_word_of_a_sign_is_that_sign(device: Device, text: str) -> None:
    device.say(0)
    assert device.correct(seq=1, text=f" {text} ").ok
    assert (device.last_word.sign_id, device.last_word.word_en) == (75, SIGNS[1].word_en)


def test_letter_that_is_typed_joins_the_letters_beside_it(device: Device) -> None:
    letters = [Sign(sign_id=number, word=letter, word_en=letter, kind="letter") for number, letter in enumerate("علي")]
    device.corrector.use_signs(letters)
    device.say(0, 0, 0)
    for seq, letter in enumerate("علي", 1):
        assert device.correct(seq=seq, text=letter).ok
    assert device.text == "علي"


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (("صداع", "ع", "لي"), "صداع ع لي"),  # words that were read as letters stand apart from letters
        (("300", "٥", "20"), "325"),
        (("3", "0551234567", "5"), "3 0551234567 5"),
        (("3", "ع", "ل"), "3 عل"),
    ],
)
@pytest.mark.parametrize("kind", ["word", "letter", "number"])
def test_typed_text_is_in_the_line_what_it_is_and_not_what_was_read(
    device: Device, texts: tuple[str, ...], line: str, kind: SignKind
) -> None:
    read = Sign(sign_id=9, word="9", word_en="9", kind=kind)
    device.corrector.use_signs([read])
    device.say(0, 0, 0)
    for seq, text in enumerate(texts, 1):
        assert device.correct(seq=seq, sign_id=9).ok
        assert device.correct(seq=seq, text=text).ok
    assert device.text == line


@pytest.mark.parametrize("text", ["٣", "3"])
def test_digits_of_both_kinds_are_the_sign_of_the_number(device: Device, text: str) -> None:
    device.corrector.use_signs([Sign(sign_id=4, word="3", word_en="3", kind="number")])
    device.say(0)
    assert device.correct(seq=1, text=text).ok
    assert (device.last_word.sign_id, device.last_word.word, device.last_word.kind) == (4, "3", "number")


def test_other_text_gets_the_number_that_recording_would_give_it(device: Device) -> None:
    device.say(0)
    assert device.correct(seq=1, text="محمد  علي").ok
    correction = device.last_word
    assert (correction.word, correction.word_en, correction.kind) == ("محمد علي", "محمد علي", "word")
    assert correction.sign_id == number_of_word("محمد علي")


def test_signs_of_a_new_model_can_be_chosen(device: Device) -> None:
    device.say(0)
    assert not device.correct(seq=1, sign_id=9).ok
    device.corrector.use_signs([Sign(sign_id=9, word="قهوة", word_en="Coffee")])
    assert device.correct(seq=1, sign_id=9).ok
    assert device.text == "قهوة"


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"seq": 7, "sign_id": 75}, "word 7 is unknown, or too old to be corrected"),
        ({"seq": 1, "sign_id": 74}, "the model knows no sign 74"),
        ({"seq": 1, "sign_id": -1}, "sign_id: Input should be greater than or equal to 0"),
        ({"seq": 1, "sign_id": 2**31}, "sign_id: Input should be less than"),
        ({"seq": "1", "sign_id": 75}, "seq: Input should be a valid integer"),
        ({"seq": 2**63, "sign_id": 75}, "seq: Input should be less than"),
        ({"sign_id": 75}, "seq: Field required"),
        ({"seq": 1}, 'with "sign_id", "text" or "delete": true; it has exactly one of these'),
        ({"seq": 1, "sign_id": None, "text": None, "delete": None}, "exactly one"),
        ({"seq": 1, "sign_id": 75, "text": "a"}, "exactly one"),
        ({"seq": 1, "sign_id": 75, "delete": True}, "exactly one"),
        ({"seq": 1, "delete": False}, "delete: Input should be True"),
        ({"seq": 1, "text": ""}, "nothing of it can be seen"),
        ({"seq": 1, "text": " \u200b\u200d "}, "nothing of it can be seen"),
        ({"seq": 1, "text": "a\nb"}, "line ends"),
        ({"seq": 1, "text": "a\u202eb"}, "writing direction"),
        ({"seq": 1, "text": "\x1b[2J"}, "controls"),
        ({"seq": 1, "text": "a" * 101}, "at most 100 characters"),
        ({"seq": 1, "text": "a" * MAX_BYTES}, "too long"),
        ({"seq": 1, "text": ["a"]}, "text: Input should be a valid string"),
        ({"seq": 1, "text": "a", "word": "b"}, "word: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_corrected_is_refused_in_one_sentence(
    device: Device, payload: dict[str, object], error: str
) -> None:
    device.say(0)
    before = len(device.events)
    response = device.correct(**payload)
    assert (response.ok, len(device.events)) == (False, before)
    assert error in (response.error or "")
    assert (response.error or "").isprintable()
    assert len(response.error or "") < 400


def test_old_words_are_forgotten(device: Device) -> None:
    for _ in range(25):
        device.say(0)
        device.conversation.end()
    assert device.correct(seq=1, sign_id=75).error == "word 1 is unknown, or too old to be corrected"
    assert device.correct(seq=49, sign_id=75).ok
