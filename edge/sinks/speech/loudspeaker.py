"""The loudspeaker: plays one sound after another by ALSA's `aplay`.

Where PipeWire or PulseAudio owns the sound card, ALSA's default device leads to it (Debian's package `pipewire-alsa`).
"""

import os
import re
import subprocess
import time
from types import TracebackType
from typing import Final, Self

from edge.sinks.speech.sound import Sound, SpeechUnavailable
from landmarkers.plain_text import one_sentence

DEBIAN_PACKAGES: Final = "alsa-utils espeak-ng"
_REASON: Final = re.compile(r"^aplay: (?:[a-z_]+:[0-9]+: )?(?:audio open error: )?(.+)", re.MULTILINE)
_EXIT_S: Final = 1.0
_EXTRA_S: Final = 10.0  # how much longer than its sound a program may take
_SILENCE: Final = Sound.silence(22050, 0.05)


class Loudspeaker:
    """One ALSA device. What is played comes from memory, so that nothing waits for a pipe."""

    def __init__(self, device: str) -> None:
        """`device` is a name of ALSA."""
        self._device = device
        self._command = ["aplay", "--quiet", f"--device={device}", "-"]
        self._player: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0

    def start(self, sound: Sound) -> None:
        """Begin to play; nothing must be playing. Raises SpeechUnavailable."""
        content = os.memfd_create("speech")
        try:
            with open(content, "wb", closefd=False) as file:
                file.write(sound.to_wav())
            os.lseek(content, 0, os.SEEK_SET)
            self._player = subprocess.Popen(
                self._command,
                stdin=content,
                stdout=subprocess.PIPE,  # it prints nothing there, but closes it when it ends
                stderr=subprocess.PIPE,
                env=os.environ | {"LC_ALL": "C"},
            )
        except OSError as error:
            raise SpeechUnavailable(f"aplay cannot be started; on Debian: apt install {DEBIAN_PACKAGES}") from error
        finally:
            os.close(content)
        self._deadline = time.monotonic() + sound.duration_s + _EXTRA_S

    def play(self, sound: Sound) -> None:
        """Play to the end. Raises SpeechUnavailable."""
        self.start(sound)
        self.finish(self.remaining_s)

    def check(self) -> None:
        """Play nothing that can be heard. Raises SpeechUnavailable if the device cannot be opened."""
        self.play(_SILENCE)

    @property
    def ends(self) -> int | None:
        """Return the descriptor that is readable when playing has ended; None while nothing is playing."""
        return None if self._player is None or self._player.stdout is None else self._player.stdout.fileno()

    @property
    def remaining_s(self) -> float | None:
        """Return the seconds in which playing must end; None while nothing is playing."""
        return None if self._player is None else max(0.0, self._deadline - time.monotonic())

    def finish(self, timeout_s: float | None = _EXIT_S) -> None:
        """Wait until playing has ended. Raises SpeechUnavailable if it does not, or the sound was not played."""
        player, self._player = self._player, None
        if player is None:
            return
        try:
            _, errors = player.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            player.kill()
            player.communicate()
            raise SpeechUnavailable(f"the loudspeaker {self._device} takes no sound") from None
        if player.returncode != 0:
            found = _REASON.search(errors.decode(errors="replace"))
            reason = one_sentence(found[1]) if found else f"aplay ended with exit code {player.returncode}"
            raise SpeechUnavailable(f"the loudspeaker {self._device} plays nothing: {reason}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what is playing."""
        if self._player is not None:
            self._player.kill()
            self._player.communicate()
            self._player = None
