"""A running daemon that is taught over MQTT, and learns from corrections."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.recognition.word import Word
from models.sign_number import number_of_word
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import Daemon, mqtt_settings
from tests.edge.learning.operator import Operator, learned_version
from tests.edge.learning.teachable_bundle import NEW_PLACE, write_teachable_bundle
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.tiny_bundle import SIGNS
from tests.synthetic_signer import Sign, even_times, take

COFFEE = "قهوة"
LEARNING = {"ISHARA_LEARNING_ASKED_BY": "Reception", "ISHARA_MQTT_HOLD_AFTER_RECONNECT_S": "0"}


@pytest.fixture(scope="session")
def teachable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_teachable_bundle(tmp_path_factory.mktemp("teachable") / "tiny")


@pytest.fixture
def start(start_daemon: StartDaemon, teachable: Path, broker: Mosquitto, tmp_path: Path) -> Callable[..., Daemon]:
    """Return a function that starts a daemon before a signer who rests and signs without end."""

    def run(place: float, rest_s: float = 5.0, pace: str = "fast") -> Daemon:
        take(even_times(15, rest_s + 1.5), Sign(rest_s, rest_s + 1.0, place)).save(tmp_path / "signs.take.npz")
        return start_daemon(
            *("run", "--source", "take:signs.take.npz", "--model", teachable, "--pace", pace),
            settings=mqtt_settings(broker.port) | LEARNING,
        )

    return run


def words(listener: Listener) -> list[Word]:
    return [Word.model_validate_json(message.payload) for message in listener.on("word")]


def test_word_is_learned_without_a_restart_and_known_after_one(
    start: Callable[..., Daemon], listener: Listener, tmp_path: Path
) -> None:
    daemon = start(NEW_PLACE)
    listener.wait_until(lambda: bool(listener.on("health")))
    operator = Operator(listener)
    assert operator.send(command="learned", action="list")["content"]["signs"] == []
    assert operator.send(command="teach", person="amal", word=COFFEE, takes=2)["ok"]
    listener.wait_until(lambda: any(word.sign_id == number_of_word(COFFEE) for word in words(listener)))
    listener.wait_until(lambda: learned_version(listener) == 1)
    (sign,) = operator.send(command="learned", action="list")["content"]["signs"]
    assert (sign["sign"]["word"], sign["is_own"], len(sign["takes"])) == (COFFEE, True, 2)
    name = sign["takes"][0]["take"]
    assert len(operator.send(command="learned", action="show", take=name)["content"]["times"]) > 5
    daemon.end()
    before = len(words(listener))
    start(NEW_PLACE)
    listener.wait_until(lambda: len(words(listener)) > before)
    assert words(listener)[-1].word == COFFEE


def test_learned_word_can_be_undone(start: Callable[..., Daemon], listener: Listener, tmp_path: Path) -> None:
    start(NEW_PLACE)
    listener.wait_until(lambda: bool(listener.on("health")))
    operator = Operator(listener)
    operator.send(command="teach", person="amal", word=COFFEE, takes=1)
    listener.wait_until(lambda: learned_version(listener) == 1)
    assert operator.send(command="learned", action="undo")["ok"]
    listener.wait_until(lambda: learned_version(listener) is None)
    assert not [*tmp_path.rglob("[!.]*.take.npz")][1:]  # the source is one
    refused = operator.send(command="learned", action="undo")
    assert refused["error"] == "nothing was learned that could be undone"


def test_correction_teaches_while_a_consent_is_in_force(
    start: Callable[..., Daemon], listener: Listener, tmp_path: Path
) -> None:
    start(0.42, rest_s=0.5, pace="realtime")  # where the bundle says the second sign
    listener.wait_until(lambda: bool(words(listener)))
    operator = Operator(listener)
    assert operator.send(command="consent", action="start", person="amal", purpose="device", minutes=5)["ok"]
    seen = len(words(listener))
    listener.wait_until(lambda: len(words(listener)) > seen + 1)
    wrong = words(listener)[-1]
    assert wrong.sign_id == SIGNS[1].sign_id
    assert operator.send(command="correct", seq=wrong.seq, sign_id=SIGNS[2].sign_id)["ok"]
    listener.wait_until(lambda: learned_version(listener) == 1)
    listener.wait_until(lambda: words(listener)[-1].sign_id == SIGNS[2].sign_id)
    (sign,) = operator.send(command="learned", action="list")["content"]["signs"]
    assert sign["takes"][0]["said"]["sign_id"] == SIGNS[1].sign_id
    assert operator.send(command="learned", action="remove", take=sign["takes"][0]["take"])["ok"]
    listener.wait_until(lambda: words(listener)[-1].sign_id == SIGNS[1].sign_id)


def test_second_session_is_refused_while_one_is_open(start: Callable[..., Daemon], listener: Listener) -> None:
    start(NEW_PLACE, pace="realtime")  # five takes last half a minute
    listener.wait_until(lambda: bool(listener.on("health")))
    operator = Operator(listener)
    assert operator.send(command="teach", person="amal", word=COFFEE, takes=5)["ok"]
    refused = operator.send(command="teach", person="amal", word=COFFEE)
    assert refused["error"] == "another session is open"
