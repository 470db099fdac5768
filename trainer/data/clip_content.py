"""The content of a clip, a video file or a folder of images, by which a changed or moved clip is recognised.

As Git does with its index, bytes and time of the last change are compared first, and the SHA-256 only where they
differ.
"""

from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Self

from landmarkers.recording import numbered_images


@dataclass(frozen=True, slots=True)
class ClipStatus:
    """The bytes of a clip and the time of its last change, in nanoseconds since 1970."""

    size: int
    modified_ns: int

    @classmethod
    def of(cls, clip: Path) -> Self:
        """Read the status of a clip, of a folder with that of its images. Raises OSError."""
        status = clip.stat()
        if not clip.is_dir():
            return cls(status.st_size, status.st_mtime_ns)
        images = [image.stat() for _, image in numbered_images(clip)]
        # The folder's own time tells that an image was renamed.
        latest = max([status.st_mtime_ns, *(image.st_mtime_ns for image in images)])
        return cls(sum(image.st_size for image in images), latest)


def sha256_of(clip: Path) -> str:
    """Return the SHA-256 of a video file, or that of the names and contents of a folder's images. Raises OSError."""
    if not clip.is_dir():
        return _file_sha256(clip).hex()
    digest = sha256()
    for _, image in numbered_images(clip):
        digest.update(sha256(image.name.encode(errors="surrogateescape")).digest() + _file_sha256(image))
    return digest.hexdigest()


def _file_sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()
