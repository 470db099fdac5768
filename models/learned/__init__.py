"""Signs that a device learns of its own signers, their way of known signs among them, beside the bundle.

A bundle's graph embeds a take, and the embedding is compared with those of the taught takes; numpy does it. What was
learned is derived from the taught takes alone, and is made again from them for another bundle or another release.
"""

from models.learned.classifier import LearnedClassifier
from models.learned.head import LearnedHead
from models.learned.head_file import LearnedDamaged, parse_head, read_head, write_head
from models.learned.teacher import Teacher, TeachingUnavailable

__all__ = [
    "LearnedClassifier",
    "LearnedDamaged",
    "LearnedHead",
    "Teacher",
    "TeachingUnavailable",
    "parse_head",
    "read_head",
    "write_head",
]
