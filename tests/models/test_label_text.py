import json
from pathlib import Path

import pytest

from models.label_text import MAX_CHARACTERS, one_line
from models.labels import Sign, read_labels


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
