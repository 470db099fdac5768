"""The screen: a window that fills it, by SDL.

On a desktop SDL opens a window of X11 or Wayland; without one it takes the screen itself (KMSDRM).
"""

import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from PIL import Image

from edge.sinks.captions.layout import Box

# To be set before SDL starts.
_SETTINGS: Final = {
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    "SDL_AUDIODRIVER": "dummy",
    "SDL_VIDEO_X11_WMCLASS": "ishara",
    "SDL_VIDEO_WAYLAND_WMCLASS": "ishara",
}
# X11 takes pictures without OpenGL, which by software costs 120 MB of memory; Wayland and KMSDRM cannot without it.
_WITHOUT_OPENGL: Final = {"x11": {"SDL_FRAMEBUFFER_ACCELERATION": "0"}}
_TITLE: Final = "Ishara"


class ScreenLost(Exception):
    """There is no screen, or it is there no longer; the message says why."""


class Screen:
    """Shows pictures of the screen's own size."""

    def __init__(self, number: int) -> None:
        """Open the screen of a number, counted from 0. Raises ScreenLost."""
        _set(_SETTINGS)
        try:
            import pygame
        except ImportError as error:
            raise ScreenLost(f"pygame cannot start ({error}); pip install 'ishara[edge]'") from error
        self._pygame = pygame
        try:
            pygame.display.init()
            _set(_WITHOUT_OPENGL.get(self.driver, {}))
            pygame.display.set_caption(_TITLE)
            pygame.mouse.set_visible(False)
            there = pygame.display.get_num_displays()
            if number >= there:
                raise ScreenLost(f"there is no screen {number}: this machine has {there}, counted from 0")
            self._window = pygame.display.set_mode((0, 0), pygame.FULLSCREEN, display=number)
            self._sizes = pygame.display.get_desktop_sizes()
        except pygame.error as error:
            pygame.display.quit()
            raise ScreenLost(f"no screen can be opened: {error}") from error

    @property
    def driver(self) -> str:
        """How SDL reaches the screen: kmsdrm, wayland, x11."""
        return self._pygame.display.get_driver()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, now."""
        return self._window.get_size()

    def show(self, picture: Image.Image, boxes: Sequence[Box]) -> None:
        """Show the parts of a picture that have changed. Raises ScreenLost."""
        try:
            for box in boxes:
                part = picture.crop((box.left, box.top, box.right, box.bottom))
                drawn = self._pygame.image.frombuffer(part.tobytes(), part.size, "RGB")
                self._window.blit(drawn, (box.left, box.top))
            self._pygame.display.update([(box.left, box.top, box.width, box.height) for box in boxes])
        except self._pygame.error as error:
            raise ScreenLost(f"the screen takes no picture: {error}") from error

    def attend(self) -> bool:
        """Take what the desktop tells; whether everything must be shown anew. Raises ScreenLost."""
        anew = False
        try:
            for event in self._pygame.event.get():
                if event.type in (self._pygame.QUIT, self._pygame.WINDOWCLOSE):
                    raise ScreenLost("its window was closed")
                anew = anew or event.type in (
                    self._pygame.WINDOWEXPOSED,
                    self._pygame.WINDOWSIZECHANGED,
                    self._pygame.WINDOWDISPLAYCHANGED,
                    self._pygame.WINDOWRESTORED,
                )
            if self._pygame.display.get_desktop_sizes() != self._sizes:
                raise ScreenLost("a screen was plugged in or out, or changed its size")
            if anew:
                self._window = self._pygame.display.get_surface() or self._window
        except self._pygame.error as error:
            raise ScreenLost(f"the screen does not answer: {error}") from error
        return anew

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pygame.display.quit()


def _set(variables: Mapping[str, str]) -> None:
    """Set what SDL reads, but for what whoever started this has set."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)
