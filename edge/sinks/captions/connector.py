"""Which screens are plugged in, as Linux tells it.

SDL notices that by itself on a desktop, but not where it takes the screen without one.
https://docs.kernel.org/gpu/drm-uapi.html: each connector has a folder under /sys/class/drm with its `status`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

DRM: Final = Path("/sys/class/drm")


def on_desktop(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a desktop, or a driver that somebody chose, looks after the screens."""
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))


def plugged_in(drm: Path = DRM) -> frozenset[str] | None:
    """The connectors with a screen; None where the kernel knows of no connector at all, and nothing is known."""
    states = {}
    for status in drm.glob("card*-*/status"):
        try:
            states[status.parent.name] = status.read_text(encoding="ascii").strip()
        except OSError:
            continue  # a dock was taken away while its connectors were read
    if not states:
        return None
    # A writeback connector is no socket; it calls itself "unknown".
    return frozenset(name for name, state in states.items() if state == "connected")
