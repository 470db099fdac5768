"""The labels of a device: what replaces the texts of a model, and each sentence with which a file is refused."""

from pathlib import Path

import pytest

from landmarkers.errors import UserError
from models.karsl import LABEL_SET, karsl_signs
from models.label_file import read_device_labels
from models.labels import Sign, labels_json

HEADER = "number,arabic,english\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_reviewed_label_set_can_be_a_devices_labels() -> None:
    assert read_device_labels(LABEL_SET) == tuple(reviewed for _, reviewed in karsl_signs().values())


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}7,استقبال,reception\n",
        "\ufeffEnglish;Arabic;Number;Note\r\nreception;استقبال;7.0;ours\r\n",
        labels_json((Sign(sign_id=7, word="استقبال", word_en="reception"),)).decode(),
    ],
)
def test_files_of_spreadsheets_and_bundles_are_read(tmp_path: Path, text: str) -> None:
    assert read_device_labels(write(tmp_path, text)) == (Sign(sign_id=7, word="استقبال", word_en="reception"),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "number,arabik,english\n7,شاي,tea\n",
            "names the column arabik; a device knows number, arabic, english, kind, note",
        ),
        ("number,arabic\n7,شاي\n", "names no column english, which the labels of a device need"),
        ("arabic,english\nشاي,tea\n", "names no column number"),
        ("", "names no column number"),
        (f"{HEADER}7,\u202eشاي,tea\n", r"row 2 of .* holds “\\u202eشاي”, which cannot be shown as it is"),
        (f"{HEADER}7,شاي,\x1b[2Jtea\n", r"row 2 of .* holds “\\x1b\[2Jtea”"),
        (f'{HEADER}7,شاي,"tea\ntea"\n', r"row 2 of .* holds “tea\\ntea”"),
        (f"{HEADER}7,شاي,te\u200ba\n", "row 2 of .* without any that is invisible"),
        (f"{HEADER}7,شاي,{'t' * 101}\n", "row 2 of .* at most 100 characters"),
        (f"{HEADER}7,شاي,\n", "row 2 of .* has no English word"),
        (f"{HEADER}seven,شاي,tea\n", "row 2 of .* numbers its sign “seven”"),
        (f"{HEADER}7,شاي,tea\n7,قهوة,coffee\n", "row 3 of .* the number 7, which row 2 gives “شاي”"),
        ("number,arabic,english,kind\n7,شاي,tea,drink\n", "row 2 of .* a “drink”; its kind is word, letter, number"),
    ],
)
def test_a_file_is_refused_with_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as refusal:
        read_device_labels(write(tmp_path, text))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", ["شاي".encode("utf-16"), b"PK\x03\x04\xff"])
def test_a_file_of_another_form_is_refused_with_the_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(UserError, match='save it as "CSV UTF-8"'):
        read_device_labels(tmp_path / "labels.csv")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none.csv cannot be read: No such file"):
        read_device_labels(tmp_path / "none.csv")
