"""Recognises the clips of KArSL-502, of which alone a model card may speak as KArSL's.

A clip is KArSL's if its sign is, and its signer is one of the three who are in the data set, or unknown in a clip that
is named by the number of its sign alone.
"""

from typing import Final

from landmarkers.numbers import is_number
from landmarkers.take import Provenance
from models.karsl import is_karsl_sign
from models.labels import Sign

_SIGNERS: Final = frozenset({"01", "02", "03"})


def is_karsl_clip(sign: Sign, provenance: Provenance) -> bool:
    """Return True if a clip of this sign comes from the data set, as far as its labels and its signer tell."""
    is_flat = provenance.signer is None and is_number(provenance.clip) and int(provenance.clip) == sign.sign_id
    return is_karsl_sign(sign) and (is_flat or provenance.signer in _SIGNERS)
