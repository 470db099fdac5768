"""Checks of the installation: OpenCV's owner, Arabic text shaping, signature, stored files, file permissions."""

import json
import os
import stat
from collections.abc import Iterable, Mapping
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Final

from edge.config import SHIPPED_MODEL, EdgeConfig, ModelConfig
from edge.diagnostics.finding import Finding, State
from edge.doctor.probe_process import run_probe
from edge.lifecycle.paths import HomeUnknown, state_folder
from edge.model_selection.active_bundle import store_folder
from landmarkers.task_bundles import has_mediapipe
from models.durable import DAMAGED_SUFFIX
from models.subprocess_probe import run_python

_BUILD: Final = "opencv-python-headless"
_BUILD_OF_MEDIAPIPE: Final = "opencv-contrib-python"
_STORE_REMEDY: Final = "check that this user may read it; otherwise use sudo, or the service's user"
_RAQM: Final = "from PIL import features; print(features.check('raqm'))"

_Problem = tuple[State, str, str]
"""Severity, sentence and remedy."""


def opencv_build() -> str:
    """Return the distribution of OpenCV that is installed, or else the one to install."""
    owners = _opencv_owners()
    return owners[0] if owners else _BUILD


def check_opencv_owner() -> Finding:
    """Check that one distribution alone owns `cv2`: several overwrite each other's files, and pip does not warn."""
    owners = _opencv_owners()
    if len(owners) <= 1:
        return Finding("cv2", State.OK, f"belongs to {owners[0]} alone" if owners else "is not installed")
    wanted = _BUILD_OF_MEDIAPIPE if has_mediapipe() else _BUILD
    remedy = f"pip uninstall -y {' '.join(owners)}; pip install --no-deps {wanted}"
    if wanted in owners:
        remedy += f"=={version(wanted)}"
    return Finding("cv2", State.FAILED, f"{' and '.join(owners)} overwrite each other's cv2", remedy)


def _opencv_owners() -> list[str]:
    return sorted(set(packages_distributions().get("cv2", [])))


def check_raqm(*, required: bool) -> Finding:
    """Check that Pillow shapes Arabic letters and orders lines from right to left; `required` by captions."""
    result = run_python(["-c", _RAQM])
    if result.succeeded and result.text == "True":
        return Finding("raqm", State.OK, "Pillow joins Arabic letters and writes from right to left")
    if not required:
        return Finding("raqm", State.SKIPPED, "no captions are configured, so no text is shaped")
    if not result.succeeded:
        return Finding("raqm", State.FAILED, f"Pillow cannot be loaded: {result.text}", "pip install 'ishara[edge]'")
    remedy = "sudo apt-get install libfribidi0"
    return Finding("raqm", State.FAILED, "Pillow finds no FriBiDi and would write Arabic in single letters", remedy)


def check_signature(bundle: Path, config: ModelConfig, model: Path | None, store_error: str) -> Finding:
    """Check that a bundle is signed by a trusted key, as one of the store must be where keys are configured.

    `model` is the one of the command line; `store_error` says why the store cannot be read, if it cannot.
    """
    if store_error:
        return Finding("signature", State.WARNING, f"the shipped bundle is checked: {store_error}", _STORE_REMEDY)
    if bundle == SHIPPED_MODEL:
        return Finding("signature", State.OK, f"{bundle.name} was shipped with this program and needs no signature")
    is_named = bundle in (model, config.folder)
    if config.trusted_keys is None:
        sentence = f"{bundle.name}: no trusted keys are configured, so unsigned bundles are accepted"
        remedy = "" if is_named else "make keys with `ishara-deploy keys new` and name them in [model] trusted_keys"
        return Finding("signature", State.SKIPPED if is_named else State.WARNING, sentence, remedy)
    result = run_probe("signature", json.dumps([str(config.trusted_keys), str(bundle)]))
    if result.succeeded:
        return Finding("signature", State.OK, result.text)
    if is_named:
        sentence = f"required of installed bundles, not of a named one: {result.text}"
        return Finding("signature", State.SKIPPED, sentence)
    remedy = "sign it with `ishara-deploy sign` and install it again; until then the daemon uses a previous one"
    return Finding("signature", State.FAILED, result.text, remedy)


def check_stored_files(config: EdgeConfig, environment: Mapping[str, str]) -> Finding:
    """Check that nothing that the daemon had stored was put aside because it could not be read."""
    try:
        folders = {state_folder(environment), store_folder(config.model, environment)}
    except HomeUnknown:
        folders = set()
    if config.mqtt is not None and config.mqtt.outbox is not None:
        folders.add(config.mqtt.outbox.parent)
    found = sorted(str(path) for folder in folders for path in folder.glob(f"*{DAMAGED_SUFFIX}*"))
    if not found:
        return Finding("stored files", State.OK, "nothing was put aside because it was damaged")
    sentence = f"{len(found)} damaged and put aside: {', '.join(found)}"
    return Finding("stored files", State.WARNING, sentence, "check the disk or card, and remove them")


def check_permissions(config: EdgeConfig, camera: str | None) -> Finding:
    """Check that this user may open the camera, and that other users may not read passwords, tokens and keys."""
    problems = [*_check_camera(camera)]
    for secret in _find_secrets(config):
        problems += _check_secret(secret)
    if problems:
        worst = State.FAILED if any(state is State.FAILED for state, _, _ in problems) else State.WARNING
        sentences, remedies = (list(column) for column in list(zip(*problems, strict=True))[1:])
        return Finding("permissions", worst, "; ".join(sentences), "; ".join(remedies))
    sentence = "this user can open what is configured, and other users cannot read the secrets"
    return Finding("permissions", State.OK, sentence)


def _check_camera(camera: str | None) -> Iterable[_Problem]:
    device = Path((camera or "").removeprefix("v4l2:"))
    if device.is_char_device() and not os.access(device, os.R_OK | os.W_OK):
        group = device.group()
        yield (
            State.FAILED,
            f"{device} belongs to the group {group}",
            f"sudo usermod -aG {group} $USER, and log in again",
        )


def _find_secrets(config: EdgeConfig) -> Iterable[Path]:
    """Return the existing files of secrets; one that is named without a folder is passed to the service alone."""
    files: list[Path | None] = [config.camera.password_file]
    if config.mqtt is not None:
        files += [config.mqtt.password_file, config.mqtt.key_file]
    if config.web is not None:
        files += [config.web.token_file, config.web.key_file]
    return [path for path in files if path is not None and path.is_file()]


def _check_secret(path: Path) -> Iterable[_Problem]:
    if not os.access(path, os.R_OK):
        yield State.FAILED, f"{path} cannot be read by this user", f"sudo chown $USER {path}"
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        yield State.WARNING, f"every user of this machine may read {path}", f"sudo chmod 600 {path}"
