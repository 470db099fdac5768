"""Answers the challenge of a server that asks for user name and password, over HTTP or RTSP.

Basic and Digest of RFC 2617, as FFmpeg knows them: https://www.rfc-editor.org/rfc/rfc2617
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from typing import Final
from urllib.request import parse_http_list

_FIRST_REQUEST: Final = "00000001"


def authorise(challenges: Iterable[str], user: str, password: str, method: str, target: str) -> str | None:
    """Return the header `Authorization` for a request; None if no challenge is of a known kind."""
    by_scheme = {scheme.lower(): rest for scheme, _, rest in (one.strip().partition(" ") for one in challenges)}
    if "digest" in by_scheme:
        pairs = (one.partition("=") for one in parse_http_list(by_scheme["digest"]))
        fields = {key.strip().lower(): text.strip().strip('"') for key, _, text in pairs}
        if fields.get("algorithm", "MD5").upper() == "MD5" and "realm" in fields and "nonce" in fields:
            return _digest(fields, user, password, method, target)
    if "basic" in by_scheme:
        return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    return None


def _digest(fields: dict[str, str], user: str, password: str, method: str, target: str) -> str:
    realm, nonce = fields["realm"], fields["nonce"]
    first, second = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{target}")
    answer = {"username": user, "realm": realm, "nonce": nonce, "uri": target}
    if "auth" in [quality.strip() for quality in fields.get("qop", "").split(",")]:
        client_nonce = secrets.token_hex(8)
        answer["response"] = _md5(f"{first}:{nonce}:{_FIRST_REQUEST}:{client_nonce}:auth:{second}")
        answer |= {"cnonce": client_nonce, "nc": _FIRST_REQUEST, "qop": "auth"}
    else:
        answer["response"] = _md5(f"{first}:{nonce}:{second}")
    if "opaque" in fields:
        answer["opaque"] = fields["opaque"]
    unquoted = {"nc", "qop"}
    return "Digest " + ", ".join(
        f"{key}={text}" if key in unquoted else f'{key}="{text}"' for key, text in answer.items()
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
