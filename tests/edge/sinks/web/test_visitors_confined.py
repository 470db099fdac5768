"""Attempts from inside the recognition worker to open what code could use that took it over."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.sinks.web.visitors.jpeg import ENVIRONMENT
from edge.sinks.web.visitors.process import _environment
from edge.sinks.web.visitors.protocol import REPLY_TYPES, LoadModel, ModelLoaded, Recognise, Recognised
from edge.workers.protocol import Decoder, encode
from tests.edge.sinks.web.visitor_server import SHIPPED

# Its real program, but what it receives is run instead of recognised: as Python, and by a thread from before the door
# was closed if that is asked for.
PROGRAM = """
import sys, threading, queue
from edge.sinks.web.visitors import __main__, worker
from edge.sinks.web.visitors.protocol import Recognised

tasks, results = queue.Queue(), queue.Queue()

def attempt(code):
    import ctypes, mmap, os, resource, signal, socket, subprocess
    names = {**locals(), "libc": ctypes.CDLL(None, use_errno=True)}
    try:
        return {"done": repr(eval(code, names))}
    except BaseException as error:
        return {"error": type(error).__name__, "errno": getattr(error, "errno", None)}

def serve():
    while True:
        results.put(attempt(tasks.get()))

attempt("resource.getpagesize()")
threading.Thread(target=serve, daemon=True).start()

def handle(self, message):
    code = message.payload.decode()
    if message.words:
        tasks.put(code)
        answer = results.get()
    else:
        answer = attempt(code)
    return Recognised((answer,), False, False, False)

worker.RecognitionWorker.handle = handle
sys.exit(__main__.main())
"""
EARLY_THREAD = pytest.mark.parametrize("early", [False, True], ids=["main thread", "thread from before"])


class Inside:
    """Runs Python inside a recognition worker that is ready for visitors."""

    def __init__(self) -> None:
        environment = _environment() | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self._decoder = Decoder(REPLY_TYPES)
        self._write(encode(LoadModel(str(SHIPPED), None)))
        assert isinstance(self._read(), ModelLoaded)

    def run(self, code: str, *, early: bool = False) -> dict[str, Any]:
        """Return what an expression gives inside."""
        self._write(encode(Recognise("image", 1, 0.0, words=early, joints=False, payload=code.encode())))
        reply = self._read()
        assert isinstance(reply, Recognised)
        return reply.answers[0]

    def _write(self, content: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(content)
        self.process.stdin.flush()

    def _read(self) -> object:
        assert self.process.stdout is not None
        while content := os.read(self.process.stdout.fileno(), 1 << 16):
            for message in self._decoder.feed(content):
                return message
        raise AssertionError(f"the worker ended with {self.process.wait()}")


@pytest.fixture(scope="module")
def inside() -> Iterator[Inside]:
    worker = Inside()
    yield worker
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    assert worker.process.wait(10) == 0


@EARLY_THREAD
@pytest.mark.parametrize(
    "code",
    [
        "os.open('/etc/passwd', os.O_RDONLY)",
        "os.open('/dev/null', os.O_WRONLY)",
        "os.open('/tmp/written', os.O_CREAT | os.O_WRONLY)",
        "os.open('/proc/self/environ', os.O_RDONLY)",
        "os.memfd_create('code')",
        "os.stat('/etc/passwd')",
        "os.listdir('/')",
        "os.unlink('/tmp/written')",
        "os.mkdir('/tmp/made')",
        "os.chmod('/tmp', 0o777)",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "os.pipe()",
        "os.dup(0)",
        "os.fork()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv('/bin/true', ['true'])",
        "subprocess.Popen(['/bin/true'])",
        "os.kill(os.getppid(), signal.SIGTERM)",
        "os.kill(os.getppid(), 0)",
        "signal.pidfd_send_signal(0, signal.SIGTERM)",
        "os.setpriority(os.PRIO_PROCESS, 0, -1)",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
    ],
)
def test_no_file_socket_process_signal_or_code_can_be_opened(inside: Inside, code: str, *, early: bool) -> None:
    answer = inside.run(code, early=early)
    assert answer in ({"error": "PermissionError", "errno": 1}, {"error": "OSError", "errno": 1}), answer


@EARLY_THREAD
@pytest.mark.parametrize(
    "call",
    [
        "ptrace(16, os.getppid(), 0, 0)",
        "process_vm_readv(os.getppid(), 0, 0, 0, 0, 0)",
        "syscall(425, 8, 0)",  # io_uring_setup
        "syscall(435, 0, 0)",  # clone3
        "syscall(437, -100, b'/etc/passwd', 0, 0)",  # openat2
        "syscall(56, 17, 0, 0, 0, 0)",  # clone of a process, on x86-64
        "unshare(0x10000000)",
        "bind(0, 0, 0)",
        "setuid(0)",
        "mount(0, b'/', 0, 0, 0)",
        "prlimit(os.getppid(), 7, 0, 0)",
        "tgkill(os.getppid(), os.getppid(), 0)",
    ],
)
def test_system_calls_of_attackers_are_denied(inside: Inside, call: str, *, early: bool) -> None:
    answer = inside.run(f"(libc.{call}, ctypes.get_errno())", early=early)
    assert answer in ({"done": "(-1, 1)"}, {"done": "(-1, 38)"}), answer


def test_environment_holds_nothing_of_the_daemon(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISHARA_MQTT_PASSWORD", "secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials")
    assert _environment() == ENVIRONMENT
    variables = Path(f"/proc/{inside.process.pid}/environ").read_text().split("\0")
    assert {name for name, _, _ in (one.partition("=") for one in variables if one)} == {"PYTHONPATH", *ENVIRONMENT}


def test_no_descriptor_but_its_pipes_is_open(inside: Inside) -> None:
    descriptors = [path.readlink().name for path in Path(f"/proc/{inside.process.pid}/fd").iterdir()]
    assert [one.partition(":")[0] for one in descriptors] == ["pipe"] * 4


def test_worker_that_takes_too_much_memory_or_time_ends() -> None:
    greedy = Inside()
    assert greedy.run("len(bytearray(3 << 30))") == {"error": "MemoryError", "errno": None}
    limits = greedy.run("[resource.getrlimit(one) for one in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE)]")
    assert limits == {"done": "[(0, 0), (0, 0)]"}
    soft = greedy.run("resource.getrlimit(resource.RLIMIT_CPU)[0] - __import__('time').process_time()")
    assert 18.0 < float(soft["done"]) <= 20.0
    greedy.process.kill()
    greedy.process.wait()
