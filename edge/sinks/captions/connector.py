"""Lists the screens that are plugged in, as Linux reports them.

SDL notices a change by itself on a desktop, but not where it drives the screen without one.
https://docs.kernel.org/gpu/drm-uapi.html: each connector has a folder under /sys/class/drm with its `status`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

DRM: Final = Path("/sys/class/drm")


def is_on_desktop(environment: Mapping[str, str] = os.environ) -> bool:
    """Return True if a desktop, or a video driver that was chosen explicitly, manages the screens."""
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))


def connected_screens(drm: Path = DRM) -> frozenset[str] | None:
    """Return the connectors with a screen, or None where the kernel lists no connector, so that nothing is known."""
    states = {}
    for status in drm.glob("card*-*/status"):
        try:
            states[status.parent.name] = status.read_text(encoding="ascii").strip()
        except OSError:
            continue  # a dock was unplugged while its connectors were read
    if not states:
        return None
    # A writeback connector is no socket; its status is "unknown".
    return frozenset(name for name, state in states.items() if state == "connected")
