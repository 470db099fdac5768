"""The live page of a device, as a program on the workstation uses it."""

import json
import time
import urllib.error
import urllib.request
from typing import Any, Final

from tests.device.device import CheckFailed, wait_until
from tests.fleet.site import NAMES

TOKEN: Final = "a-token-of-the-live-page"
_PORT: Final = 8300
_TIMEOUT_S: Final = 20.0
_LEARN_S: Final = 180.0
_START_S: Final = 60.0
_DECISION_S: Final = 2.0  # the page carries out 40 commands in ten seconds


class LivePage:
    """Asks the page of a device, with its token."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._root = f"http://{NAMES[device]}:{_PORT}"

    def command(self, **command: Any) -> Any:
        """Have a command carried out; return the content of its response. Raises CheckFailed if it is refused."""
        response = self._ask("/api/command", json.dumps(command).encode())
        if not response["ok"]:
            raise CheckFailed(f"{command} is refused: {response['error']}")
        return response.get("content")

    def words(self, sign_id: int | None = None) -> list[dict[str, Any]]:
        """Return the last words, or those of a sign."""
        found: list[dict[str, Any]] = self._ask("/api/words?since=0")["words"]
        return [word for word in found if sign_id is None or word["sign_id"] == sign_id]

    def wait_for_words(
        self, count: int, sign_id: int | None = None, timeout_s: float = _LEARN_S
    ) -> list[dict[str, Any]]:
        """Wait until the device has said so many more words, or so many of a sign, and return them."""
        before = len(self.words(sign_id))
        what = f"{count} words {'' if sign_id is None else sign_id} of {self.device}"
        wait_until(lambda: len(self.words(sign_id)) >= before + count, what, timeout_s)
        return self.words(sign_id)[before:]

    def wait_until_learned(self, version: int, *, keep_doubtful: bool = False) -> None:
        """Wait until the device uses a version of what it has learned; keep takes that look like another sign."""

        def is_learned() -> bool:
            if keep_doubtful:
                self._ask("/api/command", b'{"command": "teaching", "action": "keep"}')  # refused without a doubt
                time.sleep(_DECISION_S)
            return (self._learned() or 0) >= version

        wait_until(is_learned, f"version {version} of {self.device}", _LEARN_S)

    def wait_until_served(self) -> None:
        """Wait until the page answers."""
        wait_until(self._is_served, f"the page of {self.device}", _START_S)

    def _is_served(self) -> bool:
        try:
            self.words()
        except CheckFailed:
            return False
        return True

    def _learned(self) -> int | None:
        learned = self._ask("/health")["learned"]
        return None if learned is None else int(learned["version"])

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._root + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except OSError as error:
            raise CheckFailed(f"{self._root}{path}: {error}") from error
