"""What a device learns of its own signers: signs of theirs and their way of known signs, beside the bundle.

A bundle's graph embeds a take, and a head that numpy fits within seconds reads the embedding. The head is derived from
the taught takes alone, and is fitted again from them for another bundle or another release.
"""

from models.learned.classifier import LearnedClassifier
from models.learned.head import LearnedHead
from models.learned.head_file import LearnedDamaged, read_head, write_head
from models.learned.teacher import Teacher, TeachingUnavailable

__all__ = [
    "LearnedClassifier",
    "LearnedDamaged",
    "LearnedHead",
    "Teacher",
    "TeachingUnavailable",
    "read_head",
    "write_head",
]
