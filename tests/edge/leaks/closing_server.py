"""A server that ends every connection, so that its clients open others again and again."""

import socket
import threading
from collections.abc import Callable


class ClosingServer:
    """Serves one client after another with a function, and closes each connection after that."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self.served = 0
        self._serve = serve
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client:
                self._serve(client)
            self.served += 1
