"""A network camera that answers every request as a test says."""

import base64
import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list

BASIC = 'WWW-Authenticate: Basic realm="camera"'
DIGEST = 'WWW-Authenticate: Digest realm="camera", nonce="n0"'
MakeAnswer = Callable[[str], bytes | None]
"""Returns the answer to a request's head; None leaves it without one, and an empty one closes the connection."""


@dataclass
class ScriptedServer:
    """Answers on a free port of this machine; `requests` and `connections` are what has come so far."""

    answer: MakeAnswer
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None

    def serve(self, client: socket.socket) -> None:
        """Answer the requests of one connection until either side closes it."""
        with client, suppress(OSError):
            if self.tls is not None:
                client = self.tls.wrap_socket(client, server_side=True)
            while head := _read_head(client):
                self.requests.append(head)
                answer = self.answer(head)
                if answer is None:
                    continue
                client.sendall(answer)
                if not answer or head.startswith("GET "):
                    return


@contextmanager
def scripted_server(answer: MakeAnswer, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """Serve until the context is left."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ScriptedServer(answer, port=listener.getsockname()[1], tls=tls)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server.connections += 1
                    threading.Thread(target=server.serve, args=[client], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def status(line: str, *headers: str, body: str = "") -> MakeAnswer:
    """Return what answers every request with a status such as `404 Not Found`, in the protocol of the request."""

    def answer(head: str) -> bytes:
        first, *_ = head.splitlines()
        protocol = "RTSP/1.0" if "RTSP/" in first else "HTTP/1.1"
        number = next((one for one in head.splitlines() if one.startswith("CSeq")), "CSeq: 0")
        return "\r\n".join([f"{protocol} {line}", number, *headers, f"Content-Length: {len(body)}", "", body]).encode()

    return answer


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def sends_login(request: str, user: str, password: str) -> bool | None:
    """Return True if a request proves to know user and password, False if others, None if it tries none.

    It checks the answer to a challenge as a server does (RFC 2617, section 3.2.2).
    """
    found = re.search(r"^Authorization: (\w+) (.*)$", request.replace("\r", ""), re.MULTILINE)
    if found is None:
        return None
    if found[1] == "Basic":
        return base64.b64decode(found[2]).decode() == f"{user}:{password}"
    fields = parse_keqv_list(parse_http_list(found[2]))
    quality = [fields[key] for key in ("nc", "cnonce", "qop") if key in fields]
    first, second = _md5(f"{user}:camera:{password}"), _md5(f"{request.split()[0]}:{fields['uri']}")
    return fields["username"] == user and fields["response"] == _md5(":".join([first, "n0", *quality, second]))


def _read_head(client: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        more = client.recv(4096)
        if not more:
            return ""
        received += more
    return received.decode()
