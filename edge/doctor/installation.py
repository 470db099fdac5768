"""How the daemon is installed: who owns OpenCV, whether Arabic is shaped, what its user may open."""

import json
import os
import stat
from collections.abc import Iterable
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Final

from edge.config import SHIPPED_MODEL, EdgeConfig, ModelConfig
from edge.doctor.finding import Finding, State
from models.subprocess_probe import run_python

_OPENCV: Final = "opencv-contrib-python"
_STORE_REMEDY: Final = "see that this user may read it: sudo, or the service's user"
_RAQM: Final = "from PIL import features; print(features.check('raqm'))"


def check_opencv_owner() -> Finding:
    """Whether one distribution alone owns `cv2`: several overwrite each other's files, and pip does not warn."""
    owners = sorted(set(packages_distributions().get("cv2", [])))
    if len(owners) <= 1:
        return Finding("cv2", State.OK, f"belongs to {owners[0]} alone" if owners else "is not installed")
    remedy = f"pip uninstall -y {' '.join(owners)}; pip install --no-deps {_OPENCV}"
    if _OPENCV in owners:
        remedy += f"=={version(_OPENCV)}"
    return Finding("cv2", State.FAILED, f"{' and '.join(owners)} overwrite each other's cv2", remedy)


def check_raqm(*, wanted: bool) -> Finding:
    """Whether Pillow shapes Arabic letters and orders lines from right to left; `wanted` for captions."""
    outcome = run_python(["-c", _RAQM])
    if outcome.succeeded and outcome.text == "True":
        return Finding("raqm", State.OK, "Pillow joins Arabic letters and writes from right to left")
    if not wanted:
        return Finding("raqm", State.LEFT_OUT, "no captions are configured, so nothing is to be shaped")
    if not outcome.succeeded:
        return Finding("raqm", State.FAILED, f"Pillow cannot be loaded: {outcome.text}", "pip install 'ishara[edge]'")
    remedy = "sudo apt-get install libfribidi0"
    return Finding("raqm", State.FAILED, "Pillow finds no FriBiDi and would write Arabic in single letters", remedy)


def check_signature(bundle: Path, config: ModelConfig, model: Path | None, unreadable: str) -> Finding:
    """Whether a bundle is signed by somebody who is trusted, as one of the store must be where keys are configured.

    `model` was named on the command line; `unreadable` says why the store cannot be read, if it cannot.
    """
    if unreadable:
        return Finding("signature", State.WARNING, f"the shipped bundle is looked at: {unreadable}", _STORE_REMEDY)
    if bundle == SHIPPED_MODEL:
        return Finding("signature", State.OK, f"{bundle.name} was shipped with this program and is trusted as it is")
    is_named = bundle in (model, config.folder)
    if config.trusted_keys is None:
        sentence = f"{bundle.name}: no trusted keys are configured, so unsigned bundles are accepted"
        remedy = "" if is_named else "make keys with `ishara-deploy keys new` and name them in [model] trusted_keys"
        return Finding("signature", State.LEFT_OUT if is_named else State.WARNING, sentence, remedy)
    outcome = run_python(["-m", "edge.doctor", "signature", json.dumps([str(config.trusted_keys), str(bundle)])])
    if outcome.succeeded:
        return Finding("signature", State.OK, outcome.text)
    if is_named:
        return Finding("signature", State.LEFT_OUT, f"asked of installed bundles, not of a named one: {outcome.text}")
    remedy = "sign it with `ishara-deploy sign` and install it anew; until then the daemon reads with one before it"
    return Finding("signature", State.FAILED, outcome.text, remedy)


def check_permissions(config: EdgeConfig, camera: str | None) -> Finding:
    """Whether this user may open the camera, and nobody but who must may read passwords, tokens and keys."""
    troubles = [*_of_camera(camera)]
    for secret in _secrets(config):
        troubles += _of_secret(secret)
    if troubles:
        worst = State.FAILED if any(state is State.FAILED for state, _, _ in troubles) else State.WARNING
        sentences, remedies = (list(column) for column in list(zip(*troubles, strict=True))[1:])
        return Finding("permissions", worst, "; ".join(sentences), "; ".join(remedies))
    return Finding("permissions", State.OK, "what is configured can be opened by this user, and secrets by nobody else")


def _of_camera(camera: str | None) -> Iterable[tuple[State, str, str]]:
    device = Path((camera or "").removeprefix("v4l2:"))
    if device.is_char_device() and not os.access(device, os.R_OK | os.W_OK):
        group = device.group()
        yield State.FAILED, f"{device} belongs to the group {group}", f"sudo usermod -aG {group} $USER, and log in anew"


def _secrets(config: EdgeConfig) -> Iterable[Path]:
    """The files of secrets that are there; one that is named without a folder comes to the service alone."""
    files: list[Path | None] = []
    if config.mqtt is not None:
        files += [config.mqtt.password_file, config.mqtt.key_file]
    if config.web is not None:
        files += [config.web.token_file, config.web.key_file]
    return [path for path in files if path is not None and path.is_file()]


def _of_secret(path: Path) -> Iterable[tuple[State, str, str]]:
    if not os.access(path, os.R_OK):
        yield State.FAILED, f"{path} cannot be read by this user", f"sudo chown $USER {path}"
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        yield State.WARNING, f"everybody on this machine may read {path}", f"sudo chmod 600 {path}"
