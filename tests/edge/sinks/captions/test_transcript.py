"""The transcript of words, lines and utterances that the screen shows."""

from edge.recognition.word import Word
from edge.sinks.captions.transcript import MAX_TEXTS, Transcript
from edge.utterances.utterance import Event
from tests.edge.spoken import line, spoken, utterance

PAIN = spoken(1).model_copy(update={"word": "ألم", "word_en": "pain"})
MEEM = spoken(2).model_copy(update={"word": "م", "word_en": "Meem", "kind": "letter"})
THREE = spoken(3).model_copy(update={"word": "3", "word_en": "3", "kind": "number"})


def corrected(word: Word, seq: int, text: str) -> Word:
    return word.model_copy(update={"seq": seq, "corrects": word.seq, "word": text, "word_en": text})


def shown(*events: Event, of_utterances: bool = True) -> list[tuple[str, str]]:
    """Return the Arabic and the English of all that is shown after these events."""
    transcript = Transcript(of_utterances=of_utterances)
    for event in events:
        transcript.add(event, 1.0)
    return [(text[0], text[1]) for text in transcript.message.texts]


def test_line_grows_and_its_utterance_takes_its_place() -> None:
    words: list[Event] = [PAIN, line("ألم", 1), MEEM, line("ألم م", 1, 2), THREE, line("ألم م 3", 1, 2, 3)]
    assert shown(*words[:2]) == [("ألم", "pain")]
    assert shown(*words[:4]) == [("ألم م", "pain")]
    assert shown(*words) == shown(*words, utterance(4, "ألم م 3", 1, 2, 3)) == [("ألم م 3", "pain 3")]


def test_next_line_follows_the_utterance() -> None:
    events: list[Event] = [PAIN, line("ألم", 1), utterance(2, "ألم", 1), THREE, line("3", 3)]
    assert shown(*events) == [("ألم", "pain"), ("3", "3")]


def test_corrected_utterance_stays_in_its_place_while_another_line_grows() -> None:
    said: list[Event] = [PAIN, line("ألم", 1), utterance(2, "ألم", 1), THREE, line("3", 3)]
    correction = utterance(6, "قلب", 1).model_copy(update={"corrects": 2})
    # What was typed has no English.
    assert shown(*said, corrected(PAIN, 5, "قلب"), correction) == [("قلب", ""), ("3", "3")]
    assert shown(*said, correction.model_copy(update={"text": "", "words": ()})) == [("3", "3")]
    assert shown(*said, correction.model_copy(update={"corrects": 1})) == shown(*said)


def test_line_of_deleted_words_is_gone() -> None:
    assert shown(PAIN, line("ألم", 1), line("")) == []


def test_words_are_shown_one_by_one_and_corrected_where_they_stand() -> None:
    said: list[Event] = [PAIN, line("ألم", 1), THREE, line("ألم 3", 1, 3), utterance(4, "ألم 3", 1, 3)]
    assert shown(*said, of_utterances=False) == [("ألم", "pain"), ("3", "3")]
    assert shown(*said, corrected(PAIN, 5, "قلب"), of_utterances=False) == [("قلب", "قلب"), ("3", "3")]
    assert shown(*said, corrected(PAIN, 5, ""), of_utterances=False) == [("3", "3")]


def test_oldest_are_dropped() -> None:
    assert len(shown(*(spoken(seq) for seq in range(99)), of_utterances=False)) == MAX_TEXTS
    assert len(shown(*(utterance(seq, "ألم") for seq in range(99)))) == MAX_TEXTS


def test_cleared_transcript_is_empty() -> None:
    transcript = Transcript(of_utterances=True)
    transcript.add(utterance(2, "ألم", 1), 1.0)
    transcript.add(line("3", 3), 1.0)
    transcript.clear()
    assert transcript.message.texts == ()
