"""The first step of the demo: the landmark networks find a person in an image."""

import importlib.util
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from edge.cameras.source import open_landmarker
from edge.config import SHIPPED_MODEL
from edge.demo.daemon import DemoFailed
from edge.libraries import LibraryMissing
from landmarkers.frame import Frame, Image
from landmarkers.layout import Part
from models.bundle import open_bundle


def check_landmarker(*, required: bool) -> str:
    """Detect the person in a sample image with the landmarker of the shipped model; return what to say of it.

    Raises DemoFailed.
    """
    manifest = open_bundle(SHIPPED_MODEL).manifest
    try:
        landmarker = open_landmarker(manifest.parts, manifest.landmarker)
    except LibraryMissing as error:
        if required:
            raise DemoFailed(str(error)) from error
        return f"{error}\nThe takes below do not need it: they hold landmarks."
    with closing(landmarker):
        frame = Frame(_sample_image(), 0.0)
        began = time.perf_counter()
        landmarks = landmarker.detect(frame)
        took_ms = (time.perf_counter() - began) * 1000
    if not landmarks.is_visible(Part.POSE):
        raise DemoFailed("the landmark networks run on this machine but find nobody in an image of a person")
    return f"The landmark networks work on this machine: they found the person in an image in {took_ms:.0f} ms."


def _sample_image() -> Image:
    """Read an image of a person that matplotlib, which MediaPipe needs, ships. Raises DemoFailed."""
    import cv2

    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise DemoFailed("matplotlib, which MediaPipe needs, is not installed; pip install 'ishara[demo]'")
    path = Path(found.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise DemoFailed(f"the sample image {path} cannot be read; install matplotlib again")
    return image.astype(np.uint8, copy=False)
