"""Takes of a synthetic signer who rests and signs again and again, as a source of the daemon."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from landmarkers.layout import LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, RIGHT_WRIST, Part
from landmarkers.take import TAKE_SUFFIX, Provenance, Take
from tests.synthetic_takes import make_take

_INTERVAL_S: Final = 1 / 15
_REST_S: Final = 4.5
_SIGN_S: Final = 1.0
_STRETCH: Final = 0.08
_LOWERED: Final = 0.6  # image widths below the shoulders


def signing(shape: int, seed: int, landmarker: str) -> Take:
    """Return a take of this handshape with rest before it, a little otherwise for each seed."""
    duration = _SIGN_S * (1.0 + np.random.default_rng(seed).normal(0.0, _STRETCH))
    sign = make_take(shape, seed=seed, times=np.linspace(0.0, duration, round(duration / _INTERVAL_S)))
    at_rest = sign.points[:1].copy()
    at_rest[:, PART_SLICES[Part.RIGHT_HAND]] = np.nan
    pose = at_rest[:, PART_SLICES[Part.POSE]]  # a view
    pose[:, (LEFT_WRIST, RIGHT_WRIST), 1] = pose[:, LEFT_SHOULDER, 1, None] + _LOWERED
    resting = np.repeat(at_rest, round(_REST_S / _INTERVAL_S), axis=0)
    rest_times = np.arange(len(resting)) * _INTERVAL_S
    times = np.concatenate([rest_times, rest_times[-1] + _INTERVAL_S + sign.times])
    provenance = Provenance("signing", landmarker)
    return replace(sign, points=np.concatenate([resting, sign.points]), times=times, provenance=provenance)


def save_signing(folder: Path, shape: int, seeds: range, landmarker: str) -> Path:
    """Save such takes in a folder, which is a source of the daemon; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        signing(shape, seed, landmarker).save(folder / f"{seed:03}{TAKE_SUFFIX}")
    return folder
