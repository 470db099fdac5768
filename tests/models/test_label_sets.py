"""The reviewed words of KArSL's signs are complete, respectful, and fit to be shown on one line."""

import csv
import re
import unicodedata
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from landmarkers.plain_text import one_line
from models.sign_number import normalise_word

LABEL_SET = Path(__file__).parents[2] / "models" / "label_sets" / "karsl-502.csv"
# What people and their organisations ask not to be called, in English, by source: see "Words that are shown" in
# docs/datasets.md. Words that offend in a context alone, such as healthy, normal or slow, are not listed.
ENGLISH = {
    "United Nations Office at Geneva, Disability-Inclusive Language Guidelines, annex I": (
        "able-bodied", "afflicted", "albino", "brain-damaged", "confined to a wheelchair", "crazy", "crippled",
        "deaf and dumb", "deaf and mute", "deformed", "demented", "deranged", "differently abled", "dwarf",
        "feeble-minded", "handicapped", "hearing impaired", "insane", "intellectually challenged", "invalid", "lame",
        "lunatic", "maniac", "mentally ill", "midget", "mongoloid", "non-verbal", "partially-sighted",
        "people of determination", "physically challenged", "psycho", "retarded", "special needs", "stricken",
        "stunted", "subnormal", "suffer from", "the blind", "the deaf", "unsound mind",
    ),
    "UK Government, Inclusive language: words to use and avoid when writing about disability": (
        "a depressive", "a diabetic", "an epileptic", "cripple", "deaf mute", "mad", "mental patient",
        "mentally defective", "mentally handicapped", "spastic", "suffers from", "the disabled", "victim of",
        "wheelchair-bound",
    ),
    "World Federation of the Deaf and International Federation of Hard of Hearing People, Tokyo 1991": (
        "hearing impaired", "hearing impairment",
    ),
    "NHS digital service manual, inclusive content: disabilities and conditions": (
        "diabetic person", "diseased person", "sick person", "suffering from",
    ),
    "KArSL's own sheet, whose translation is wrong or hurts": (
        "acupuncture", "fat", "fetish", "hindrance", "ins and outs", "oneness", "pollination", "servant",
    ),
}  # fmt: skip
ARABIC = {
    "United Nations Office at Geneva, the guidelines in Arabic, annex I": (
        "معوق", "عاجز", "مقعد", "احتياجات خاصة", "ذوو العزم", "أصحاب الهمم", "متخلف عقليا", "غير طبيعي", "مصاب بالعجز",
        "مختلف القدرة", "يعاني من", "ابتلي", "تام الخلق", "سليم الجسم",
    ),
    "National Council for Women, Egypt, دليلك للغة صديقة للنساء والأشخاص ذوي الإعاقة": (
        "معاق", "معاقة", "متوحد", "منغولي", "قزم", "متخلف", "عبيط", "أهبل",
    ),
    "iHelp Network, قل ولا تقل عن الأشخاص ذوي الإعاقة السمعية": ("أطرش", "أبكم", "أخرس"),
}  # fmt: skip
VOWEL_SIGNS = re.compile("[\u064b-\u0652]")


def rows() -> list[dict[str, str]]:
    with LABEL_SET.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words_of(text: str) -> str:
    """Return the text's words between single spaces, in lower case, without vowel signs and Arabic's article."""
    words = re.findall(r"\w+", VOWEL_SIGNS.sub("", text).casefold())
    return " ".join(["", *(word.removeprefix("ال") for word in words), ""])


def test_every_sign_of_the_official_sheet_is_there_with_its_own_words(karsl: Path) -> None:
    book = openpyxl.load_workbook(karsl / "karsl-502" / "KARSL-502_Labels.xlsx", read_only=True)
    sheet = [
        tuple(one_line(unicodedata.normalize("NFC", str(cell))) for cell in row)
        for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)
    ]
    assert len(sheet) == 502
    assert [(row["sign_id"], row["karsl_arabic"], row["karsl_english"]) for row in rows()] == sheet


def test_every_sign_has_its_kind() -> None:
    assert [row["kind"] for row in rows()] == ["number"] * 31 + ["letter"] * 39 + ["word"] * 432


def test_words_are_one_clean_line() -> None:
    for row in rows():
        for column in ("karsl_arabic", "karsl_english", "arabic", "english", "note"):
            text = row[column]
            assert text or column == "note", row
            assert one_line(text, 200) == text == unicodedata.normalize("NFC", text), row
        assert not re.search("[()]", row["arabic"]), row


def test_each_language_is_written_in_its_own_script() -> None:
    for row in rows():
        if row["kind"] == "number":
            assert row["arabic"] == row["english"] == str(int(row["english"])), row
        else:
            assert not re.search("[A-Za-z0-9]", row["arabic"]), row
            assert row["english"].isascii(), row


def test_capitals_begin_names_alone() -> None:
    names = {word for row in rows() for word in re.findall(r"\b[A-Z][\w-]*", row["english"])}
    assert names == {
        "AIDS", "Adam", "Al-Aqsa", "Arafat", "Asr", "Caliphs", "Christ", "Christian", "Day", "Dhuhr", "Dome", "Down",
        "Eid", "Eve", "Fajr", "Fatihah", "Fitr", "Friday", "God", "Guided", "Hajj", "Holy", "I", "Isha", "Islam",
        "Isra", "Jamarat", "Jesus", "Jewish", "Kaaba", "Maghrib", "Marwa", "Mecca", "Medina", "Messenger", "Mina",
        "Miraj", "Mosque", "Mount", "Muhammad", "Muslim", "Muzdalifah", "New", "Night", "Power", "Quran",
        "Resurrection", "Rightly", "Rock", "Safa", "Satan", "Shahada", "Sunnah", "Surah", "Umrah", "X-ray", "Year",
        "Zamzam", "Adha",
    }  # fmt: skip


def test_a_word_that_was_changed_says_why_in_its_note() -> None:
    changed = [row for row in rows() if (row["arabic"], row["english"]) != (row["karsl_arabic"], row["karsl_english"])]
    assert len(changed) > 200
    assert [row["sign_id"] for row in changed if not row["note"]] == []


@pytest.mark.parametrize("column", ["arabic", "english"])
def test_no_two_signs_show_the_same_text(column: str) -> None:
    shown = Counter(normalise_word(VOWEL_SIGNS.sub("", row[column])) for row in rows())
    assert [text for text, count in shown.items() if count > 1] == []


@pytest.mark.parametrize(
    ("column", "source", "words"),
    [
        (column, source, words)
        for column, sources in (("english", ENGLISH), ("arabic", ARABIC))
        for source, words in sources.items()
    ],
)
def test_no_sign_shows_a_word_that_people_ask_not_to_be_called(
    column: str, source: str, words: tuple[str, ...]
) -> None:
    shown = {row["sign_id"]: words_of(row[column]) for row in rows()}
    found = [(sign, word) for sign, text in shown.items() for word in words if words_of(word) in text]
    assert found == [], source
