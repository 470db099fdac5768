"""Whether a bundle may follow the one that serves: made for this device's landmarks, newer, of the same signs."""

from dataclasses import dataclass

from landmarkers.factory import LandmarkerUnavailable, landmarker_fingerprint
from models.bundle import Bundle, BundleRefused, check_landmarker
from models.labels import Sign


@dataclass(frozen=True, slots=True)
class InstallOptions:
    """What the operator allows for once."""

    allow_downgrade: bool = False
    allow_labels: bool = False


def check_landmarks_available(bundle: Bundle) -> None:
    """Raise BundleRefused when this device's landmark networks are not those that the bundle was trained on."""
    manifest = bundle.manifest
    try:
        here = landmarker_fingerprint(manifest.parts, manifest.landmarker)
    except LandmarkerUnavailable as error:
        raise BundleRefused(f"{manifest.title} cannot be served: {error}") from error
    except (ImportError, OSError) as error:
        raise BundleRefused(
            f"{manifest.title} wants landmarks of {manifest.landmarker}, whose library does not load here: {error}"
        ) from error
    check_landmarker(manifest, here)


def check_upgrade(bundle: Bundle, serving: Bundle, allowed: InstallOptions) -> None:
    """Raise BundleRefused when the operator must allow what would change: an older version, other signs."""
    new, old = bundle.manifest, serving.manifest
    if new.name == old.name and new.version <= old.version and not allowed.allow_downgrade:
        how = "older than" if new.version < old.version else "another of the same version as"
        raise BundleRefused(
            f"{new.title} is {how} the {old.title} that serves; --allow-downgrade takes it all the same"
        )
    if set(bundle.signs) != set(serving.signs) and not allowed.allow_labels:
        more, fewer = _words(set(bundle.signs) - set(serving.signs)), _words(set(serving.signs) - set(bundle.signs))
        differences = [f"has {more} more" if more else "", f"lacks {fewer}" if fewer else ""]
        raise BundleRefused(
            f"{new.title} reads other signs than the {old.title} that serves: it "
            f"{' and '.join(filter(None, differences))}; --allow-labels takes it all the same"
        )


def _words(signs: set[Sign]) -> str:
    """How many signs, and one of them; nothing for none."""
    if not signs:
        return ""
    one = min(signs, key=lambda sign: sign.sign_id)
    return f"{len(signs)} ({one.word_en}{', …' if len(signs) > 1 else ''})"
