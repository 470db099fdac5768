import json
import unicodedata
from pathlib import Path

import pytest

from landmarkers.errors import UserError
from landmarkers.plain_text import MAX_CHARACTERS, MAX_SENTENCE, escape, one_line, one_sentence
from models.labels import LabelsDamaged, Sign, read_labels


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("قصبة هوائية", "قصبة هوائية"),
        ("مُحَمَّد", "مُحَمَّد"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # without the joiner this would be another word
        ("👨\u200d👩\u200d👧 family", "👨\u200d👩\u200d👧 family"),
        ("قصبة\nهوائية", "قصبة هوائية"),
        (" a\t\r\n b\x0b\x85\u2028c\u2029", "a b c"),
        ("a\0b\x1b[31mc\x7f", "a b [31mc"),
        ("\u202eabc\u202c \u2067قصبة\u2069\u200f", "abc قصبة"),
        ("a\ud83d", "a"),
        ("\n\u200e\n", ""),
        ("\u200b\ufeff", ""),
        ("\u200c\u200d", ""),
        ("", ""),
        ("x" * 100_000, "x" * MAX_CHARACTERS),
    ],
)
def test_label_becomes_one_line_that_can_be_shown(text: str, line: str) -> None:
    assert one_line(text) == line
    assert one_line(line) == line


def test_labels_of_a_bundle_are_safe_to_show(tmp_path: Path) -> None:
    content = [{"sign_id": 76, "word": "قصبة\nهوائية", "word_en": "Tra\u202echea\t"}]
    (tmp_path / "labels.json").write_text(json.dumps(content))
    assert read_labels(tmp_path / "labels.json") == (Sign(sign_id=76, word="قصبة هوائية", word_en="Trachea"),)


@pytest.mark.parametrize("word", ["", " \n", "\u202e\u2066", "\u200b", "\u200c"])
def test_a_label_that_shows_nothing_is_refused(tmp_path: Path, word: str) -> None:
    (tmp_path / "labels.json").write_text(json.dumps([{"sign_id": 76, "word": word, "word_en": "Trachea"}]))
    with pytest.raises(LabelsDamaged, match=r"word: .*nothing of it can be seen"):
        read_labels(tmp_path / "labels.json")


ODD = "a\x1b]0;title\x07\x9b2J\nREADY=1\r\u2028MAINPID=1\u202egpj.exe\u2069 \udcff"


@pytest.mark.parametrize("shown", [str(UserError(ODD)), escape(ODD), one_sentence(ODD), one_line(ODD, 500)])
def test_whatever_a_sentence_quotes_it_stays_one_line_that_moves_no_cursor(shown: str) -> None:
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert "title" in shown
    assert shown.encode()


def test_escaped_text_can_still_be_recognised() -> None:
    assert str(UserError("/srv/a\x1b[31m\n.take.npz: قصبة")) == r"/srv/a\x1b[31m\n.take.npz: قصبة"
    assert len(escape("x" * 1_000_000)) < 5000
    assert len(one_sentence("x " * 1_000_000)) == MAX_SENTENCE
