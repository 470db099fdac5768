"""The signs that a device says, by the sections [labels] and [vocabulary] of its configuration."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.config import ConfigInvalid, EdgeConfig
from edge.model_selection.spoken_signs import SpokenSigns
from edge.recognition.word import Word
from landmarkers.take import TAKE_SUFFIX
from models.bundle import Bundle, open_bundle
from models.labels import Sign
from tests.edge.conftest import StartDaemon
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.service_manager import managing
from tests.edge.tiny_bundle import PLACES, TITLE, write_bundle
from tests.synthetic_signer import Sign as Signed
from tests.synthetic_signer import even_times, take

SIGNS = (
    Sign(sign_id=76, word="قصبة هوائية", word_en="Trachea"),  # a word of KArSL, whose kind is known
    Sign(sign_id=33, word="ب", word_en="baa", kind="letter"),
    Sign(sign_id=2000, word="استقبال", word_en="reception"),
)
OURS = "number,arabic,english,kind\n2000,مكتب,desk,\n9000,باب,door,\n"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return open_bundle(write_bundle(tmp_path_factory.mktemp("three") / "tiny", signs=SIGNS))


def spoken(bundle: Bundle, **sections: dict[str, Any]) -> SpokenSigns:
    return SpokenSigns.of(EdgeConfig.model_validate(sections), bundle)


def write(folder: Path, text: str) -> str:
    path = folder / "file"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_without_both_sections_all_signs_are_said_as_the_model_has_them(three: Bundle) -> None:
    found = spoken(three)
    assert (found.allowed, found.relabelled, found.unknown) == (None, 0, ())
    assert [(sign.word, sign.kind) for sign in found.signs] == [
        ("قصبة هوائية", "word"),
        ("ب", "letter"),
        ("استقبال", None),
    ]


@pytest.mark.parametrize(
    ("vocabulary", "allowed"),
    [
        ({"signs": [76]}, {76}),
        ({"signs": ["30-80"]}, {33, 76}),
        ({"signs": "33,2000"}, {33, 2000}),  # as a variable has it
        ({"kinds": ["letter"]}, {33}),
        ({"kinds": ["word"]}, {76, 2000}),
        ({"kinds": ["letter"], "signs": [76]}, {33, 76}),
    ],
)
def test_signs_are_chosen_by_number_range_and_kind(
    three: Bundle, vocabulary: dict[str, Any], allowed: set[int]
) -> None:
    found = spoken(three, vocabulary=vocabulary)
    assert found.allowed == frozenset(allowed)
    assert str(found) == f"{len(allowed)} of 3 signs may be said"


def test_a_file_names_numbers_and_words_and_may_use_the_words_of_the_device(three: Bundle, tmp_path: Path) -> None:
    labels = write(tmp_path, OURS)
    (tmp_path / "words").write_text("# the desk\ntrachea\n\n مكتب \n33\n", encoding="utf-8")
    found = spoken(three, labels={"file": labels}, vocabulary={"file": str(tmp_path / "words")})
    assert found.allowed == frozenset({76, 33, 2000})
    assert str(found) == "3 of 3 signs may be said, 1 with labels of this device"


def test_labels_replace_texts_and_keep_the_kind_that_they_leave_open(three: Bundle, tmp_path: Path) -> None:
    found = spoken(three, labels={"file": write(tmp_path, f"{OURS}33,باء,the letter baa,\n")})
    assert found.signs[1:] == (
        Sign(sign_id=33, word="باء", word_en="the letter baa", kind="letter"),
        Sign(sign_id=2000, word="مكتب", word_en="desk"),
    )


def test_what_the_model_does_not_know_is_reported_and_not_refused(three: Bundle, tmp_path: Path) -> None:
    labels, file = write(tmp_path, OURS), tmp_path / "words"
    file.write_text("حصان\n76\n1-9\n" + "".join(f"{number}\n" for number in range(500, 506)), encoding="utf-8")
    found = spoken(three, labels={"file": labels}, vocabulary={"file": str(file)})
    assert found.unknown == (
        f"{TITLE} does not know signs that {labels} labels: 9000",
        f"{TITLE} does not know signs of [vocabulary]: حصان, 1-9, 500, 501, 502 and 3 more",
    )


def test_a_vocabulary_without_any_known_sign_is_refused(three: Bundle) -> None:
    with pytest.raises(ConfigInvalid, match=r"\[vocabulary\] names none of the 3 signs of tiny@3"):
        spoken(three, vocabulary={"signs": [1]})


def test_a_file_that_is_missing_is_named(three: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"vocabulary.file .*none cannot be read: No such file"):
        spoken(three, vocabulary={"file": str(tmp_path / "none")})


def test_config_check_tells_what_is_in_force(three: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configuration = tmp_path / "edge.toml"
    configuration.write_text(f"[model]\nfolder = '{three.folder}'\n[vocabulary]\nsigns = [76, 500]\n")
    assert main(["config", "check", "--config", str(configuration)]) == 0
    assert capsys.readouterr().err == (
        f"ishara-edge: 1 of 3 signs may be said\nishara-edge: {TITLE} does not know signs of [vocabulary]: 500\n"
    )


def test_running_daemon_changes_labels_and_vocabulary_without_another_model(
    broker: Mosquitto, listener: Listener, three: Bundle, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    signing = take(
        even_times(30, 4.0), *(Signed(start, start + 0.8, PLACES[place]) for place, start in ((0, 0.5), (2, 2.5)))
    )
    signing.save(tmp_path / f"one{TAKE_SUFFIX}")
    configuration = tmp_path / "edge.toml"
    device = f"[mqtt]\nhost = '127.0.0.1'\nport = {broker.port}\n[model]\nfolder = '{three.folder}'\n"
    configuration.write_text(device)

    def words() -> list[Word]:
        return [Word.model_validate_json(message.payload) for message in listener.on("word")]

    def reload(sections: str, is_used: Callable[[Word], bool]) -> list[Word]:
        """Reload with other sections, and return the words from then on, of a whole round of the take."""
        configuration.write_text(f"{device}{sections}")
        daemon.process.send_signal(signal.SIGHUP)
        listener.wait_until(lambda: any(map(is_used, words())))
        first = next(number for number, word in enumerate(words()) if is_used(word))
        listener.wait_until(lambda: len(words()) > first + 2)
        return words()[first:]

    with managing(tmp_path) as manager:
        daemon = start_daemon(
            "run",
            "--config",
            configuration,
            "--source",
            f"take:one{TAKE_SUFFIX}",
            settings={"NOTIFY_SOCKET": str(manager.path)},
        )
        listener.wait_until(lambda: {76, 2000} <= {word.sign_id for word in words()})
        labels = f"[labels]\nfile = '{write(tmp_path, OURS)}'\n"
        after = reload(labels, lambda word: word.word_en == "desk")
        assert {word.word for word in after} == {"مكتب", "قصبة هوائية"}
        alone = reload(f"{labels}[vocabulary]\nsigns = [2000, 33]\n", lambda word: len(word.alternatives) == 1)
        assert {word.word for word in alone} == {"مكتب"}
        assert {other.sign_id for word in alone for other in word.alternatives} == {33}
        assert manager.values("READY") == ["1"] * 3
    models = [message.payload for message in listener.on("model")]
    assert ['"vocabulary": 3' in models[0], '"vocabulary": 2' in models[-1]] == [True, True]
    assert broker.log.count("as ishara-ishara") == 1
