"""The instructions to the signer, line by line in the terminal."""

import sys

from landmarkers.take import Take
from models.labels import Sign


class Prompt:
    """Prints on standard output, in UTF-8 whatever the locale; rings the terminal's bell when it is time to sign.

    Names of files that are not UTF-8 are printed with escapes.
    """

    def __init__(self) -> None:
        self._bell = "\a" if sys.stdout.isatty() else ""
        self._is_mid_line = False

    def print_line(self, sentence: str) -> None:
        """Print a line."""
        self._write(f"{sentence}\n")

    def announce(self, sign: Sign, number: int, of: int) -> None:
        """Print the word to sign."""
        self._write(f"{sign.full_word}, take {number} of {of}: ")

    def count_down(self, seconds: int) -> None:
        """Print how many seconds are left."""
        self._write(f"{seconds} ")

    def ask_for_rest(self) -> None:
        """Print that the countdown starts again once the hands rest."""
        self._write("rest your hands ... ")

    def start(self) -> None:
        """Print that it is time to sign."""
        self._write(f"sign now{self._bell} ")

    def accept(self, take: Take) -> None:
        """Print that a take is kept."""
        self._write(f"kept, {take.duration:.1f} s\n")

    def reject(self, reason: str) -> None:
        """Print why a take is not kept."""
        self._write(f"not kept: {reason}; sign again\n")

    def end_line(self) -> None:
        """End the current line, if there is one."""
        if self._is_mid_line:
            self._write("\n")

    def _write(self, text: str) -> None:
        self._is_mid_line = not text.endswith("\n")
        sys.stdout.buffer.write(text.encode(errors="backslashreplace"))
        sys.stdout.buffer.flush()
