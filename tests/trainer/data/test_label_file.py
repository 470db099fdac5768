"""Files of labels that people write, each with what is read from it, or the sentence with which it is refused."""

import os
from pathlib import Path
from threading import Thread
from typing import Any

import openpyxl
import pytest

from landmarkers.errors import UserError
from models.labels import Sign, labels_json
from models.sign_number import number_of_word
from trainer.data.label_file import read_label_file

THANKS = Sign(sign_id=7, word="شكرا", word_en="Thanks")
COFFEE = Sign(sign_id=number_of_word("قهوة"), word="قهوة", word_en="Coffee")


def write_csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


def write_xlsx(path: Path, *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("number,arabic,english\n7,شكرا,Thanks\n,قهوة,Coffee\n", "utf-8"),
        ("number,arabic,english\n7,شكرا,Thanks\n,قهوة,Coffee\n", "utf-8-sig"),
        ("number;arabic;english\r\n7;شكرا;Thanks\r\n;قهوة;Coffee\r\n", "utf-8-sig"),
        ("number\tarabic\tenglish\n7\tشكرا\tThanks\n\tقهوة\tCoffee\n", "utf-8"),
        ("English ,Arabic,NUMBER,note\nThanks,شكرا,7.0,polite\nCoffee,قهوة,,\n", "utf-8"),
        ('"SignID";"Sign-Arabic";"Sign-English"\n"0007";"شكرا";" Thanks "\n"";"قهوة";"Coffee"', "utf-8"),
        ("\nsign_id,word,word_en\n\n7,\u200fشكرا,Thanks\n,,\n,قهوة,Coffee\n,,\n", "utf-8"),
    ],
)
def test_csv_is_read_as_spreadsheets_and_editors_write_it(tmp_path: Path, text: str, encoding: str) -> None:
    assert read_label_file(write_csv(tmp_path, text, encoding)) == (THANKS, COFFEE)


@pytest.mark.parametrize("text", ["number,arabic,english\n7,شكرا,Thanks\n", labels_json((THANKS,)).decode()])
def test_labels_come_from_another_program_through_a_pipe(tmp_path: Path, text: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = Thread(target=pipe.write_text, args=[text], daemon=True)
    program.start()
    assert read_label_file(pipe) == (THANKS,)


@pytest.mark.parametrize("number", [7, 7.0, "7", "7.0", " 7 "])
def test_xlsx_is_read_whatever_its_name_and_the_type_of_its_cells(tmp_path: Path, number: object) -> None:
    book = write_xlsx(
        tmp_path / "labels.xlsx",
        ["number", "arabic", "english", None],
        [number, " شكرا", "Thanks", None],
        [None, None, None, None],
        [None, "قهوة", "Coffee", None],
        [10, 100, 100.0, None],
    ).rename(tmp_path / "labels.csv")
    assert read_label_file(book) == (THANKS, COFFEE, Sign(sign_id=10, word="100", word_en="100"))


def test_labels_may_stand_on_another_sheet_than_the_first(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("words")
    book["words"].append(["arabic"])
    book["words"].append(["قهوة"])
    book.save(tmp_path / "labels.xlsx")
    assert [sign.word for sign in read_label_file(tmp_path / "labels.xlsx")] == ["قهوة"]


@pytest.mark.parametrize(("header", "word"), [("arabic", "شكرا"), ("english", "Thanks")])
def test_word_of_one_language_stands_for_both(tmp_path: Path, header: str, word: str) -> None:
    (sign,) = read_label_file(write_csv(tmp_path, f"{header}\n{word}\n"))
    assert (sign.sign_id, sign.word, sign.word_en) == (number_of_word(word), word, word)
    assert sign.full_word == word


def test_kind_is_read_where_it_is_given(tmp_path: Path) -> None:
    signs = read_label_file(write_csv(tmp_path, "arabic,kind\nباب,Word\nب,letter\nسبعة,\n"))
    assert [sign.kind for sign in signs] == ["word", "letter", None]


def test_labels_of_a_bundle_are_read(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_bytes(labels_json((THANKS, COFFEE)))
    assert read_label_file(tmp_path / "labels.json") == (THANKS, COFFEE)


HEADER = "number,arabic,english\n1,باب,Door\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{HEADER}2,,Tea\n", "row 3 .* has no Arabic word"),
        (f"{HEADER}2,شاي,\n", "row 3 .* has no English word; write it, or the other word again"),
        (f"{HEADER}2,شاي\n", "row 3 .* has no English word"),
        (f"{HEADER}\n\n2,\u200f,Tea\n", "row 5 .* has no Arabic word"),
        (f"{HEADER}2,,\n", "row 3 .* has no Arabic word"),
        (f"{HEADER}Total,1,\n", "row 3 .* numbers its sign “Total”, which is no number"),
        (f"{HEADER}المجموع,1,1\n", "row 3 .* “المجموع”, which is no number .* remove the row if it is a total"),
        (f"{HEADER},المجموع,1\n", "row 3 .* has no number and looks like a total"),
        ("arabic,kind\nباب,verb\n", "row 2 .* a “verb”; its kind is word, letter, number, or left empty"),
        (f"{HEADER}1.5,شاي,Tea\n", "row 3 .* “1.5”"),
        (f"{HEADER}-2,شاي,Tea\n", "row 3 .* “-2”"),
        (f"{HEADER}٢,شاي,Tea\n", "row 3 .* “٢”"),
        (f"{HEADER}2147483648,شاي,Tea\n", "row 3 .* which is no number from 0 to 2147483647"),
        (f"{HEADER}{'9' * 5000},شاي,Tea\n", "row 3 .* which is no number"),
        (f"{HEADER}2,شاي,Tea\n1.0,شجرة,Tree\n", "row 4 .* gives “شجرة” the number 1, which row 2 gives “باب”"),
        (f"{HEADER}1,باب,Door\n", "row 3 .* which row 2 gives “باب”"),
        (f"{HEADER},باب,Gate\n", "row 3 .* gives “باب” no number, and row 2 has the same word"),
        ("arabic,english\nباب,Door\nباب,Gate\n", "row 3 .* which row 2 gives “باب”"),
        (f"{HEADER}2,شاي,Tea, green\n", "row 3 .* has more cells than the first row; .* double quotes"),
        (f'{HEADER}2,"شاي"x,Tea\n', "is not a readable CSV file"),
        ("number,arabic,english\n", "names no sign below its first row"),
        ("1,باب,Door\n2,شاي,Tea\n", "first row of .* names no column arabic or english"),
        ("number\n1\n", "names no column arabic or english"),
        ("arabic,word\nباب,باب\n", "names the column arabic twice"),
        ("", "names no column arabic or english"),
        ("PK but no zip", "is damaged, or no xlsx file"),
        ("[]", "names no sign, or one sign twice"),
    ],
)
def test_odd_file_is_refused_by_row(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as refusal:
        read_label_file(write_csv(tmp_path, text))
    assert "labels.csv" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1256"])
def test_other_encoding_is_refused_with_the_remedy(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UserError, match="save it as .CSV UTF-8"):
        read_label_file(write_csv(tmp_path, HEADER, encoding))


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(UserError, match="cannot be read"):
            read_label_file(path)


def test_damaged_xlsx_is_refused(tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "labels.xlsx", ["arabic"], ["باب"]).read_bytes()
    for size in range(2, len(whole), 211):
        (tmp_path / "labels.xlsx").write_bytes(whole[:size])
        with pytest.raises(UserError, match="is damaged, or no xlsx file"):
            read_label_file(tmp_path / "labels.xlsx")


def test_official_labels_are_read_completely(karsl: Path) -> None:
    signs = {sign.sign_id: sign for sign in read_label_file(karsl / "karsl-502" / "KARSL-502_Labels.xlsx")}
    assert list(signs) == list(range(1, 503))
    assert (signs[1].word, signs[1].word_en) == ("0", "0")
    assert (signs[76].word, signs[76].word_en) == ("قصبة هوائية", "Trachea")
