"""What the signer is told, line by line in the terminal."""

import sys

from landmarkers.take import Take
from models.labels import Sign


class Prompt:
    """Prints on standard output, in UTF-8 whatever the locale; rings the terminal's bell when it is time to sign."""

    def __init__(self) -> None:
        self._bell = "\a" if sys.stdout.isatty() else ""
        self._in_line = False

    def tell(self, sentence: str) -> None:
        """Print a line."""
        self._write(f"{sentence}\n")

    def ask(self, sign: Sign, number: int, of: int) -> None:
        """Say which word to sign."""
        self._write(f"{format_sign(sign)}, take {number} of {of}: ")

    def count(self, seconds: int) -> None:
        """Say how many seconds are left."""
        self._write(f"{seconds} ")

    def wait_for_rest(self) -> None:
        """Say that counting begins again once the hands are down."""
        self._write("rest your hands ... ")

    def begin(self) -> None:
        """Say that it is time to sign."""
        self._write(f"sign now{self._bell} ")

    def keep(self, take: Take) -> None:
        """Say that a take is kept."""
        self._write(f"kept, {take.duration:.1f} s\n")

    def reject(self, fault: str) -> None:
        """Say why a take is not kept."""
        self._write(f"not kept: {fault}; sign again\n")

    def leave(self) -> None:
        """End the line in hand, if there is one."""
        if self._in_line:
            self._write("\n")

    def _write(self, text: str) -> None:
        self._in_line = not text.endswith("\n")
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()


def format_sign(sign: Sign) -> str:
    """A sign's word in both languages."""
    return f"{sign.word} ({sign.word_en})"
