"""Prints the points that the daemon's landmarker detects in some frames of a clip, for comparing machines.

detect.py CLIP START COUNT: JSON, a list of [543, 3] with NaN where unseen. Runs on this machine and on the emulated
one, where the project is installed but its tests are not.
"""

import json
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path

from edge.config import SHIPPED_MODEL
from edge.doctor.probes import open_bundle_landmarker
from landmarkers.recording import read_recording
from models.bundle import open_bundle

clip, start, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with closing(open_bundle_landmarker(open_bundle(SHIPPED_MODEL))) as landmarker:
    frames = islice(read_recording(clip), start, start + count)
    json.dump([landmarker.detect(frame).points.tolist() for frame in frames], sys.stdout)
