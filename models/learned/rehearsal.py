"""What a bundle gives to learning: embeddings of takes of its signs, and its experts' output layers.

They lie in `exemplars.npz`, beside what fine-tuning needs (trainer/training/exemplars.py): `embeddings` [B, 2 D + 2]
as float16, `embedded_signs` [B], a sign's number or -1 for a take of none, and the network's weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.array_archive import ArrayArchive
from models.labels import Sign
from models.learned.head import Floats, OutputLayer

EMBEDDINGS: Final = "embeddings"
EMBEDDED_SIGNS: Final = "embedded_signs"
NO_SIGN: Final = -1
_EXPERTS: Final = ("handshape", "motion")


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsal:
    """Embeddings [B, 2 D + 2] of takes that the network was trained on, their classes [B], and its output layers."""

    embeddings: Floats
    classes: NDArray[np.int64]
    layers: tuple[OutputLayer, OutputLayer]
    temperature: float
    rejection: tuple[float, float]

    @classmethod
    def read(cls, archive: ArrayArchive, signs: Sequence[Sign]) -> Self:
        """Read the rehearsal of a bundle with these signs. Raises ValueError."""
        embeddings = archive.read(EMBEDDINGS, "f").astype(np.float32)
        class_of = {sign.sign_id: number for number, sign in enumerate(signs)} | {NO_SIGN: len(signs)}
        classes = [class_of.get(one, len(signs)) for one in archive.read(EMBEDDED_SIGNS, "i").tolist()]
        layers = []
        for expert in _EXPERTS:
            weight, bias = (
                archive.read(f"weight/network.experts.{expert}.head.1.{name}", "f").astype(np.float32)
                for name in ("weight", "bias")
            )
            if weight.shape != (len(signs) + 1, (embeddings.shape[-1] - 2) // 2) or bias.shape != weight.shape[:1]:
                raise ValueError(f"an output layer {list(weight.shape)} does not fit its embeddings or its signs")
            layers.append(OutputLayer(weight, bias))
        if embeddings.shape[:-1] != (len(classes),) or not np.isfinite(embeddings).all():
            raise ValueError(f"embeddings {list(embeddings.shape)} do not fit {len(classes)} takes")
        slope, offset = archive.read("weight/rejection", "f").tolist()
        handshape, motion = layers
        temperature = float(archive.read("weight/temperature", "f"))
        return cls(embeddings, np.array(classes), (handshape, motion), temperature, (slope, offset))
