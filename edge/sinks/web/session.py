"""Sessions of browsers: a cookie that proves for a while that its browser has shown the token, and does not hold it.

The server stores none of them, so that they outlive its restarts. Another token ends them all.
"""

import hashlib
import hmac
import re
import secrets
import time
from typing import Final

COOKIE: Final = "ishara_session"
AGE_S: Final = 365 * 24 * 3600
_PURPOSE: Final = b"ishara session"
_FORM: Final = re.compile(r"(?P<signed>[0-9]{1,12}\.[0-9a-f]{32})\.(?P<signature>[0-9a-f]{64})")


class Sessions:
    """Issues sessions and recognises them."""

    def __init__(self, token: str) -> None:
        # Slow on purpose: whoever gets hold of a cookie must not be able to try out tokens by it.
        self._key = hashlib.scrypt(token.encode(), salt=_PURPOSE, n=1 << 14, r=8, p=1, dklen=32)

    def issue(self) -> str:
        """Return a new session for a cookie."""
        signed = f"{int(time.time()) + AGE_S}.{secrets.token_hex(16)}"
        return f"{signed}.{self._sign(signed)}"

    def is_valid(self, session: str) -> bool:
        """Return True for a session that was issued for this token and has not expired."""
        found = _FORM.fullmatch(session)
        if found is None or not secrets.compare_digest(found["signature"], self._sign(found["signed"])):
            return False
        return int(found["signed"].partition(".")[0]) > time.time()

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
