"""A real X server without a screen, which keeps the screen's image in a file."""

import os
import struct
import subprocess
from pathlib import Path

import numpy as np

from edge.sinks.captions.layout import Box
from landmarkers.frame import Image
from tests.edge.mosquitto import find_program
from tests.edge.waiting import PATIENCE_S

WIDTH, HEIGHT = 1280, 720


class Xvfb:
    """Runs one server with one screen."""

    def __init__(self, folder: Path, display: str | None = None) -> None:
        """Start the server, under a free name if none is given; its image is written into the folder."""
        self._folder = folder
        reader, writer = os.pipe()
        name = [display] if display else []
        command = [find_program("Xvfb"), *name, "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
        self._process = subprocess.Popen(
            [*command, "-fbdir", str(folder), "-nolisten", "tcp"],
            pass_fds=[writer],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb does not start"
        self.display = f":{number}"

    def image(self) -> Image:
        """Return the screen's image, RGB [height, width, 3]."""
        # X11/XWDFile.h: 25 numbers and a name, then colours of 12 bytes each, then rows of 4 bytes a pixel.
        content = (self._folder / "Xvfb_screen0").read_bytes()
        header = struct.unpack(">25I", content[:100])
        size, width, height, row, colours = header[0], header[4], header[5], header[12], header[19]
        pixels = np.frombuffer(content, np.uint8, row * height, size + 12 * colours).reshape(height, row // 4, 4)
        return np.ascontiguousarray(pixels[:, :width, 2::-1])

    def shows(self, image: Image, box: Box) -> bool:
        """Return True if a part of the screen equals an image, to the pixel."""
        part = slice(box.top, box.bottom), slice(box.left, box.right)
        return bool(np.array_equal(self.image()[part], image[part]))

    def kill(self) -> None:
        """Kill the server."""
        self._process.kill()
        self._process.wait(PATIENCE_S)
