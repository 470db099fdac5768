"""The parsers of `edge`: configuration, commands, words, messages of workers, what visitors and cameras send."""

import io
import json
import socket
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import cv2
import numpy as np
from pydantic import ValidationError

from edge.cameras.network_address import AddressInvalid, NetworkAddress
from edge.cameras.network_probe import NoCamera, request_stream
from edge.commands import Commands
from edge.config import ConfigInvalid
from edge.config.loading import load_config
from edge.consent.session import read_session
from edge.learned.versions import Version
from edge.learning.transfer import TransferRefused, read_learned
from edge.monitoring.status import DeviceStatus
from edge.recognition.word import Alternative, Word
from edge.record.words import read_words
from edge.requests import SettingsRequest
from edge.settings.editor import SettingsEditor
from edge.settings.file import SettingsRefused
from edge.settings.history import SavedVersion
from edge.settings.location import Location
from edge.sinks.captions import message as captions
from edge.sinks.web import message as web
from edge.sinks.web.visitors import protocol as visitors
from edge.sinks.web.visitors.jpeg import ImageRefused
from edge.sinks.web.visitors.payload import PayloadRefused, read_landmarks, read_take
from edge.workers.protocol import Decoder, ProtocolError, encode
from models.label_file import LabelFileUnusable, read_device_labels
from models.labels import LabelsDamaged
from models.words import WordsUnclear, find_signs
from tests.edge.sinks.web.visitor_server import frames_of
from tests.edge.tiny_bundle import SIGNS
from tests.fuzz.archives import hostile_npz
from tests.fuzz.mutations import hostile_bytes, hostile_json
from tests.fuzz.parser import Parser, in_file, in_memory
from tests.fuzz.picture_decoder import decoding
from tests.synthetic_takes import make_take

_COMMANDS = (
    b"pause",
    b'{"command": "resume", "id": "a"}',
    b'{"command": "clear", "id": 7}',
    '{"command": "reply", "text": "غرفة 7", "partial": true}'.encode(),
    '{"command": "correct", "seq": 12, "text": "محمد"}'.encode(),
    '{"command": "consent", "action": "start", "person": "مريم", "purpose": "device", "minutes": 30}'.encode(),
    '{"command": "teach", "person": "مريم", "word": "قهوة", "word_en": "coffee", "takes": 3}'.encode(),
    b'{"command": "teaching", "action": "finish"}',
    b'{"command": "activate", "model": "karsl-230-2-5f4a1ad9"}',
    b'{"command": "vocabulary", "vocabulary": "clinic"}',
    b'{"command": "setup", "action": "cameras"}',
    b'{"command": "setup", "action": "try_broker", "broker": {"host": "h", "tls": true, "ca": "c", "username": "u"}}',
    b'{"command": "settings", "action": "apply", "changes": {"mqtt.host": "h", "web.port": 1, "speech": null}}',
    b'{"command": "settings", "action": "preview", "secrets": {"mqtt.password": "p", "web.token": null}}',
    b'{"command": "learned", "action": "show", "take": "a/train/0076/01"}',
    b'{"command": "doctor", "id": "a"}',
    b'{"command": "support_bundle"}',
)
_VERSION = (
    '{"format": 1, "version": 2, "at": "2026-11-29T17:00:00Z", "what": "taught", "person": "مريم", '
    '"signs": [{"sign_id": 76, "word": "قصبة", "word_en": "Trachea"}], '
    '"takes": [{"take": "مريم/train/0076/01", "sha256": "%s"}]}' % ("0" * 64)
).encode()
_SESSION = (
    '{"consent": {"consent_id": "%s", "person": "مريم", "asked_by": "Reception", "asked_at": "2026-11-29T17:00:00Z", '
    '"purpose": "device", "words": "May we?", "days": 30}, "until": "2026-11-29T17:30:00Z"}' % ("0" * 32)
).encode()
_SAVED_VERSION = (
    '{"number": 1, "at": "2026-11-29T17:00:00Z", "by": "page", "text": "device = \'a\'\\n", "after": "%s"}' % ("0" * 64)
).encode()
_SETTINGS_CHANGE = {"device": "b", "mqtt.host": "b", "mqtt.port": None, "speech.volume": 0.5, "captions": None}
_LABELS = "number,arabic,english,kind\n7,قهوة,Coffee,word\n8,شكرا,Thanks,\n".encode()
_NO_SETTINGS = (ConfigInvalid, SettingsRefused)
_NO_LABELS = (LabelFileUnusable, LabelsDamaged)
_WORDS = (*("صباح=Morning\n".encode(), "76\n# a comment\nقصبة هوائية\n".encode(), b"\xef\xbb\xbf76\r\n"),)
_ANSWER_BYTES = 100_000  # more than the probe reads
_DOTENV = b"ISHARA_DEVICE=a\nISHARA_MQTT_HOST='h'\n# x\nexport ISHARA_MQTT_PORT=\"1883\"\n"
_ADDRESSES = (b"rtsp://user:p@ss/w@host:554/path?query", b"http://[::1]:80/a")
_ANSWERS = (
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
    b'RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="a", nonce="b", qop="auth"\r\n\r\n',
    b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a"\r\nWWW-Authenticate: Digest realm="b"\r\n\r\n',
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: " + b"1" * 5000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n--x\r\n",
)


def parsers(_scratch: Path) -> list[Parser]:
    """Return the parsers."""
    shipped = (Path(__file__).parents[2] / "deploy" / "edge.toml").read_bytes()
    toml = [shipped, shipped.replace(b"\n# ", b"\n"), b'device = "a"\n[mqtt]\nhost = "h"\nport = 1883\n']
    picture = cv2.imencode(".jpg", np.full((64, 96, 3), 127, np.uint8))[1].tobytes()
    landmarks = np.full((543, 3), 0.5, np.float32).tobytes()
    refused = (PayloadRefused,)
    takes = [frames_of(make_take(0).landmarks()[:3])]
    return [
        Parser("configuration", toml, hostile_bytes, in_file("edge.toml", _load_config), (ConfigInvalid,)),
        Parser("settings to change", toml, hostile_bytes, in_file("edge.toml", _change_settings), _NO_SETTINGS),
        Parser("settings before a change", [_SAVED_VERSION], hostile_json, in_memory(SavedVersion.read), (ValueError,)),
        Parser("dotenv", [_DOTENV], hostile_bytes, in_file(".env", _load_dotenv), (ConfigInvalid,)),
        Parser("command", _COMMANDS[1:], hostile_json, in_memory(_execute)),
        Parser("bare command", _COMMANDS, hostile_bytes, in_memory(_execute)),
        Parser("consent in force", [_SESSION], hostile_json, in_memory(_seconds_left), (ValueError,)),
        Parser("learned version", [_VERSION], hostile_json, in_memory(_signs_of_version), (ValueError,)),
        Parser("learned takes", [_learned()], hostile_npz, in_memory(_read_learned), (TransferRefused,)),
        Parser("word", [_word()], hostile_json, in_memory(_read_word), (ValidationError,)),
        Parser("labels of a device", [_LABELS], hostile_bytes, in_file("labels.csv", read_device_labels), _NO_LABELS),
        Parser("words to record", _WORDS, hostile_bytes, in_file("words.txt", _find_words), (WordsUnclear,)),
        *_worker_protocols(),
        Parser("visitor's take", takes, hostile_bytes, in_memory(read_take), refused),
        Parser("visitor's landmarks", [landmarks], hostile_bytes, in_memory(_read_landmarks), refused),
        Parser("visitor's picture", [picture], hostile_bytes, decoding, (ImageRefused,)),
        Parser("answer of a camera", _ANSWERS, hostile_bytes, in_memory(_ask_camera), (NoCamera, TimeoutError)),
        Parser("address of a camera", _ADDRESSES, hostile_bytes, in_memory(_parse_address), (AddressInvalid,)),
    ]


def _load_config(path: Path) -> object:
    return load_config(path, {})


def _change_settings(path: Path) -> None:
    editor = SettingsEditor(Location(path), path.parent, {})
    editor.report()
    proposal = editor.propose(SettingsRequest(command="settings", action="apply", changes=_SETTINGS_CHANGE, secrets={}))
    proposal.report.model_dump_json().encode()


def _load_dotenv(path: Path) -> object:
    return load_config(None, {}, path)


def _read_landmarks(content: bytes) -> object:
    return read_landmarks(content, 0.0)


def _parse_address(content: bytes) -> object:
    return NetworkAddress.parse(content.decode(errors="surrogateescape"))


def _signs_of_version(content: bytes) -> list[int]:
    return [one.sign_number for one in Version.model_validate_json(content).takes]


def _learned() -> bytes:
    """Return the file of a device that has learned one take."""
    metadata = json.dumps({"format": 1, "device": "entrance", "takes": 1, "signs": [SIGNS[0].model_dump()]})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.take.npz"
        make_take(0).save(path)
        take = np.frombuffer(path.read_bytes(), np.uint8)
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, metadata=np.array(metadata), **{"take-0": take})
    return content.getvalue()


def _read_learned(content: bytes) -> object:
    return read_learned(io.BytesIO(content), "the file")


def _execute(message: bytes) -> None:
    Commands(DeviceStatus()).execute(message).to_json().encode()


def _word() -> bytes:
    now = datetime(2026, 11, 22, 16, 0, 1, 200_000, UTC)
    word = Word(
        seq=12,
        sign_id=76,
        word="قصبة هوائية",
        word_en="Trachea",
        confidence=0.97,
        alternatives=(Alternative(sign_id=75, word="جهاز تنفسي", confidence=0.02),),
        started_at=now,
        ended_at=now,
        emitted_at=now,
        model="karsl-230@1",
        device="entrance",
    )
    return word.to_json().encode()


def _seconds_left(content: bytes) -> float:
    return read_session(content).left_s


def _read_word(content: bytes) -> None:
    word = Word.model_validate_json(content)
    word.to_json().encode()
    assert word.delay_s is not None
    assert 0 <= word.seq < 2**63


def _find_words(path: Path) -> None:
    find_signs(read_words(path), SIGNS)


def _worker_protocols() -> list[Parser]:
    screen = (
        captions.CaptionsMessage((("صباح", "Morning", 0.9, 1.0),)),
        captions.Identify("a", 2.0),
        captions.ReplyMessage("غرفة 7", partial=True, until=2.0),
        captions.StatusMessage(),
    )
    page = (
        web.EventMessage("word", 1, "{}"),
        web.ReplyMessage("غرفة 7", partial=True, until=2.0),
        web.View(1.0, 0.75, (None, (0.1, 0.2)), b"jpeg"),
        web.ActiveModel("a", "b", 0.4, 3),
    )
    from_page = (web.CommandMessage(1, '{"command": "reply", "text": "a"}'), web.RequestedView("picture"))
    request = visitors.Recognise("image", 1, 1.0, words=True, joints=False, payload=b"jpeg")
    answer = visitors.Recognised(({"a": 1},), has_more=False, is_active=True, is_refused=False)
    return [
        _worker_protocol("messages to the screen", [encode(one) for one in screen], captions.MESSAGE_TYPES),
        _worker_protocol("messages to the page", [encode(one) for one in page], web.MESSAGE_TYPES),
        _worker_protocol("answers of the page", [encode(one) for one in from_page], web.ANSWER_TYPES),
        _worker_protocol("requests to the recognition", [encode(request)], visitors.MESSAGE_TYPES),
        _worker_protocol("answers of the recognition", [encode(answer)], visitors.REPLY_TYPES),
    ]


def _worker_protocol(name: str, examples: list[bytes], kinds: tuple[type, ...]) -> Parser:
    return Parser(name, examples, hostile_bytes, in_memory(partial(_feed, kinds)), (ProtocolError,))


def _feed(kinds: tuple[type, ...], content: bytes) -> None:
    decoder: Decoder[object] = Decoder(kinds)  # type: ignore[type-var]
    half = len(content) // 2
    for chunk in (content[:half], content[half:]):
        for _ in decoder.feed(chunk):
            pass


def _ask_camera(content: bytes) -> None:
    """Let a camera answer with these bytes, over RTSP or HTTP."""
    scheme = "rtsp" if content.startswith(b"R") else "http"
    address = NetworkAddress.parse(f"{scheme}://user:password@camera/stream")
    assert address is not None

    with ExitStack() as sockets:

        def connect(*_: object) -> socket.socket:
            here, there = socket.socketpair()
            sockets.enter_context(there).sendall(content[:_ANSWER_BYTES])
            there.shutdown(socket.SHUT_WR)
            return here

        with patch("edge.cameras.network_probe.socket.create_connection", connect):
            request_stream(address, time.monotonic() + 5.0)
