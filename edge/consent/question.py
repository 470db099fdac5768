"""The question by which signers are asked; it is kept with each take."""

from collections.abc import Mapping
from typing import Final

from edge.config.learning import LearningConfig
from landmarkers.consent import Purpose

_ARABIC: Final = (
    "هل توافقون على أن يحفظ هذا الجهاز حركات اليدين والجسم أثناء الإشارة، نقاطًا من دون صور، ليتعلّم منها؟ {purpose} "
    "مدة الحفظ بالأيام: {days}، ثم تُحذف. ويمكنكم طلب حذفها قبل ذلك في أي وقت."
)
_ENGLISH: Final = (
    "Do you agree that this device keeps the movements of your hands and body while you sign, as points without "
    "pictures, to learn from them? {purpose} They are kept for {days} days and then deleted. You can have them deleted "
    "earlier at any time."
)
_PURPOSES: Final[Mapping[Purpose, tuple[str, str]]] = {
    Purpose.DEVICE: ("لن تُنقل من هذا الجهاز.", "They do not leave this device."),
    Purpose.TRAINING: (
        "وقد تُنقل منه لتدريب النموذج القادم لأجهزة أخرى أيضًا.",
        "They may also be collected from it to train the next model, for other devices too.",
    ),
}


def question(config: LearningConfig, purpose: Purpose) -> str:
    """Return the question in Arabic and English, on one line, or the configured one."""
    if config.words is not None:
        return config.words
    arabic, english = _PURPOSES[purpose]
    parts = _ARABIC.format(purpose=arabic, days=config.days), _ENGLISH.format(purpose=english, days=config.days)
    return " ".join(parts)
