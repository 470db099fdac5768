"""The screen: a window that fills it, by SDL.

On a desktop SDL opens a window of X11 or Wayland; without one it drives the screen itself (KMSDRM).
"""

import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from PIL import Image

from edge.sinks.captions.layout import Box

# These must be set before SDL starts.
_VARIABLES: Final = {
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    "SDL_AUDIODRIVER": "dummy",
    "SDL_VIDEO_X11_WMCLASS": "ishara",
    "SDL_VIDEO_WAYLAND_WMCLASS": "ishara",
}
# X11 shows images without OpenGL, which in software costs 120 MB of memory; Wayland and KMSDRM cannot.
_WITHOUT_OPENGL: Final = {"x11": {"SDL_FRAMEBUFFER_ACCELERATION": "0"}}
_TITLE: Final = "Ishara"


class ScreenLost(Exception):
    """There is no screen, or it is gone; the message says why."""


class Screen:
    """Shows images of the screen's own size."""

    def __init__(self, number: int) -> None:
        """Open the screen of a number, counted from 0. Raises ScreenLost."""
        _set_defaults(_VARIABLES)
        try:
            import pygame
        except ImportError as error:
            raise ScreenLost(f"pygame cannot be imported ({error}); pip install 'ishara[edge]'") from error
        self._pygame = pygame
        try:
            pygame.display.init()
            _set_defaults(_WITHOUT_OPENGL.get(self.driver, {}))
            pygame.display.set_caption(_TITLE)
            pygame.mouse.set_visible(False)
            count = pygame.display.get_num_displays()
            if number >= count:
                raise ScreenLost(f"there is no screen {number}: this machine has {count}, counted from 0")
            self._window = pygame.display.set_mode((0, 0), pygame.FULLSCREEN, display=number)
            self._sizes = pygame.display.get_desktop_sizes()
        except pygame.error as error:
            pygame.display.quit()
            raise ScreenLost(f"no screen can be opened: {error}") from error

    @property
    def driver(self) -> str:
        """SDL's video driver: kmsdrm, wayland or x11."""
        return self._pygame.display.get_driver()

    @property
    def size(self) -> tuple[int, int]:
        """The current width and height in pixels."""
        return self._window.get_size()

    def show(self, image: Image.Image, boxes: Sequence[Box]) -> None:
        """Show the parts of an image that have changed. Raises ScreenLost."""
        try:
            for box in boxes:
                part = image.crop((box.left, box.top, box.right, box.bottom))
                surface = self._pygame.image.frombuffer(part.tobytes(), part.size, "RGB")
                self._window.blit(surface, (box.left, box.top))
            self._pygame.display.update([(box.left, box.top, box.width, box.height) for box in boxes])
        except self._pygame.error as error:
            raise ScreenLost(f"the screen takes no image: {error}") from error

    def handle_events(self) -> bool:
        """Handle the desktop's events; return True if everything must be redrawn. Raises ScreenLost."""
        must_redraw = False
        try:
            for event in self._pygame.event.get():
                if event.type in (self._pygame.QUIT, self._pygame.WINDOWCLOSE):
                    raise ScreenLost("its window was closed")
                must_redraw = must_redraw or event.type in (
                    self._pygame.WINDOWEXPOSED,
                    self._pygame.WINDOWSIZECHANGED,
                    self._pygame.WINDOWDISPLAYCHANGED,
                    self._pygame.WINDOWRESTORED,
                )
            if self._pygame.display.get_desktop_sizes() != self._sizes:
                raise ScreenLost("a screen was plugged in or out, or changed its size")
            if must_redraw:
                self._window = self._pygame.display.get_surface() or self._window
        except self._pygame.error as error:
            raise ScreenLost(f"the screen does not answer: {error}") from error
        return must_redraw

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pygame.display.quit()


def _set_defaults(variables: Mapping[str, str]) -> None:
    """Set SDL's environment variables, except those that are set already."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)
