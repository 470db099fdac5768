"""Checks that a bundle may replace the active one: for this device's landmarks, newer, and of the same signs."""

from dataclasses import dataclass

from landmarkers.factory import LandmarkerUnavailable, landmarker_fingerprint
from models.bundle import Bundle, BundleRefused, check_landmarker
from models.karsl import review
from models.labels import Sign


@dataclass(frozen=True, slots=True)
class InstallOptions:
    """The exceptions that the operator allows for one installation."""

    allow_downgrade: bool = False
    allow_labels: bool = False


def check_landmarks_available(bundle: Bundle) -> None:
    """Raise BundleRefused unless this device runs the landmark networks that the bundle was trained on."""
    manifest = bundle.manifest
    try:
        available = landmarker_fingerprint(manifest.parts, manifest.landmarker)
    except LandmarkerUnavailable as error:
        raise BundleRefused(f"{manifest.title} cannot run here: {error}") from error
    except (ImportError, OSError) as error:
        raise BundleRefused(
            f"{manifest.title} needs landmarks of {manifest.landmarker}, whose library does not load here: {error}"
        ) from error
    check_landmarker(manifest, available)


def check_upgrade(bundle: Bundle, active: Bundle, options: InstallOptions) -> None:
    """Raise BundleRefused for an older version or other signs, unless the operator allows it."""
    new, old = bundle.manifest, active.manifest
    if new.name == old.name and new.version <= old.version and not options.allow_downgrade:
        comparison = "older than" if new.version < old.version else "another bundle of the same version as"
        raise BundleRefused(f"{new.title} is {comparison} the active {old.title}; --allow-downgrade installs it anyway")
    signs, former = set(map(review, bundle.signs)), set(map(review, active.signs))
    if signs != former and not options.allow_labels:
        added, removed = _describe(signs - former), _describe(former - signs)
        differences = [f"adds {added}" if added else "", f"lacks {removed}" if removed else ""]
        raise BundleRefused(
            f"{new.title} recognises other signs than the active {old.title}: it "
            f"{' and '.join(filter(None, differences))}; --allow-labels installs it anyway"
        )


def _describe(signs: set[Sign]) -> str:
    """Return the number of signs with one of them as an example; empty for none."""
    if not signs:
        return ""
    example = min(signs, key=lambda sign: sign.sign_id)
    return f"{len(signs)} ({example.word_en}{' and others' if len(signs) > 1 else ''})"
