"""Reads LSA64's file names: `001_002_003.mp4` is the third repetition of sign 1 by signer 002.

Ronchetti, Quiroga, Estrebou, Lanzarini, Rosete, "LSA64: An Argentinian Sign Language Dataset", CACIC 2016.
"""

import re
from collections.abc import Sequence

from trainer.data.layouts.content import Entry
from trainer.data.layouts.reading import Description, Reading, read_each


def read(entries: Sequence[Entry]) -> Reading:
    """Find the clips, in whatever folder they lie."""
    return read_each(entries, _describe)


def _describe(entry: Entry) -> Description | None:
    name = re.fullmatch("([0-9]{3})_([0-9]{3})_[0-9]{3}", entry.stem)
    return None if name is None else Description(int(name[1]), name[2])
