"""Takes that a bundle's network was trained on, with which taught takes are compared, and what is compared of them.

An embedding is that of the handshape expert [D], that of the motion expert [D], and the motion of the dominant hand, 0
to 1 (trainer/model/network.py). Takes are compared by the directions of both from the centre of the bundle's takes. The
directions lie in a bundle's `exemplars.npz`, as int8 of 127 to the unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.array_archive import ArrayArchive

Floats = NDArray[np.float32]

# The share of the motion expert in the likeness of two takes, for a static hand and for a moving one, and the motion
# from which a hand is a moving one.
_STATIC_SHARE: Final = 0.2
_MOVING_SHARE: Final = 0.7
_MOVING_FROM: Final = 0.15
_STEPS: Final = 127
_LARGEST: Final = 1e6
_CENTRE: Final = "cohort_centre"
_SIGNS: Final = "cohort_signs"
_DIRECTIONS: Final = ("cohort_handshape", "cohort_motion")


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """The centre of the takes' embeddings [2 D], their directions from it, [B, D] of each expert, and their signs."""

    centre: Floats
    directions: tuple[Floats, Floats]
    sign_ids: NDArray[np.int64]

    @classmethod
    def of(cls, embeddings: Floats, sign_ids: Sequence[int]) -> Self:
        """Return the cohort of these embeddings [B, 2 D + 1]."""
        centre = embeddings[:, :-1].mean(0)
        return cls(centre, _directions(embeddings, centre), np.array(sign_ids, np.int64))

    @classmethod
    def read(cls, archive: ArrayArchive) -> Self:
        """Read the cohort. Raises ValueError."""
        centre = archive.read(_CENTRE, "f").astype(np.float32)
        sign_ids = archive.read(_SIGNS, "i").astype(np.int64)
        handshape, motion = (archive.read(name, "i") for name in _DIRECTIONS)
        shape = (sign_ids.size, centre.size // 2)
        if (centre.ndim, sign_ids.ndim) != (1, 1) or {handshape.shape, motion.shape} != {shape} or not sign_ids.size:
            raise ValueError(f"directions {list(handshape.shape)}, {list(motion.shape)} do not fit {list(shape)}")
        if {handshape.dtype, motion.dtype} != {np.dtype(np.int8)} or not are_embeddings(centre):
            raise ValueError("its directions or their centre are out of range")
        return cls(centre, (_to_floats(handshape), _to_floats(motion)), sign_ids)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `read` reads."""
        stored = zip(_DIRECTIONS, self.directions, strict=True)
        return {
            _CENTRE: self.centre,
            _SIGNS: self.sign_ids.astype(np.int32),
            **{name: np.rint(one * _STEPS).astype(np.int8) for name, one in stored},
        }

    def directions_of(self, embeddings: Floats) -> tuple[Floats, Floats]:
        """Return the directions, [B, D] of each expert, of embeddings [B, 2 D + 1] from the centre."""
        return _directions(embeddings, self.centre)


def are_embeddings(values: Floats) -> bool:
    """Return whether values are finite and no larger than embeddings can be."""
    return bool((np.abs(values) <= _LARGEST).all())


def likeness(take: Sequence[Floats], others: Sequence[Floats], moving: float) -> Floats:
    """Return how alike a take is to others, [others], -1 to 1, by their directions; `moving` is the take's motion."""
    share = _STATIC_SHARE + (_MOVING_SHARE - _STATIC_SHARE) * min(1.0, moving / _MOVING_FROM)
    handshape, motion = ((one @ other.T)[0] for one, other in zip(take, others, strict=True))
    alike: Floats = (1.0 - share) * handshape + share * motion
    return alike


def _directions(embeddings: Floats, centre: Floats) -> tuple[Floats, Floats]:
    size = len(centre) // 2
    offsets = embeddings[:, :-1] - centre
    return _unit(offsets[:, :size]), _unit(offsets[:, size:])


def _to_floats(stored: NDArray[np.int8]) -> Floats:
    floats: Floats = stored.astype(np.float32) / np.float32(_STEPS)
    return floats


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return unit
