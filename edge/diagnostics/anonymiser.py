"""Removes from text what must not leave a device: secrets, user names, names of people, words that were signed."""

import re
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

HIDDEN: Final = "***"
_USER_KEYS: Final = ("username",)
_KEYS: Final = "token|code|password|passwd|secret|authorization"
_ARABIC: Final = r"\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc"
_PATTERNS: Final = (
    # user:password@ in an address, whatever its scheme
    (re.compile(r"(?<=://)[^\s/@]+@"), f"{HIDDEN}@"),
    (re.compile(rf"\b({_KEYS})(=|:\s*bearer\s+)\S+", re.IGNORECASE | re.UNICODE), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?<=one-time code is )[^\s,;]+"), HIDDEN),
    # The folder of kept takes has a folder for each signer, and in it one for each sign.
    (re.compile(r"(?<=/takes/)[^\s;,)'\"]+"), HIDDEN),
    # The log is English: what is Arabic in it is a word or a name.
    (re.compile(rf"[{_ARABIC}]+(?:[\s\u200c\u200d]+[{_ARABIC}]+)*"), HIDDEN),
)


class Anonymiser:
    """Replaces private texts by what stands for them."""

    def __init__(self, private: Mapping[str, str]) -> None:
        """`private` maps each text that must not be seen to what is written instead of it."""
        self._private = {text: stand_in for text, stand_in in private.items() if text.strip()}
        parts = sorted(self._private, key=len, reverse=True)
        texts = "|".join(map(re.escape, parts))
        # A text that is part of a longer word, in whatever script, is another one.
        self._pattern = re.compile(rf"(?<![^\W_])(?:{texts})(?![^\W_])", re.UNICODE) if parts else None

    def clean(self, text: str) -> str:
        """Return the text without what is private."""
        if self._pattern is not None:
            text = self._pattern.sub(lambda match: self._private[match[0]], text)
        for pattern, stand_in in _PATTERNS:
            text = pattern.sub(stand_in, text)
        return text

    def clean_json(self, value: JsonValue) -> JsonValue:
        """Return a value with all its texts cleaned; user names are removed by their keys."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, list):
            return [self.clean_json(one) for one in value]
        if isinstance(value, dict):
            return {
                self.clean(key): HIDDEN if key in _USER_KEYS and content is not None else self.clean_json(content)
                for key, content in value.items()
            }
        return value
