"""The checks, in the order in which one rests on the other."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from edge.config import SHIPPED_MODEL, EdgeConfig
from edge.doctor.finding import Finding, State
from edge.doctor.installation import check_opencv_owner, check_permissions, check_raqm, check_signature
from edge.doctor.live_page import check_live_page
from edge.doctor.system import check_clock, check_disk, check_power, check_screen
from edge.libraries import DEBIAN_PACKAGES
from edge.model_selection.active_bundle import find_active_bundle
from edge.monitoring.thermal import SYSFS
from landmarkers.processor import Machine, Processor, board_name, temperature
from landmarkers.task_bundles import default_folder, missing_tasks
from models.bundle import BundleRefused, open_bundle
from models.store import StoreUnusable
from models.subprocess_probe import run_python

_OF_64_BITS: Final = 64
_HOT_C: Final = 80.0  # where a Raspberry Pi begins to slow itself down
_NEWER: Final = "take a bundle for LiteRT, or a board whose processor has them: a Raspberry Pi 5, a Jetson Orin"


@dataclass(frozen=True, slots=True)
class Library:
    """A library: what its check is called, and the names under which it is installed and imported."""

    check: str
    distribution: str
    module: str


_ONNXRUNTIME: Final = Library("onnxruntime", "onnxruntime", "onnxruntime")
_OPENCV: Final = Library("opencv", "opencv-contrib-python", "cv2")
_PAHO: Final = Library("paho", "paho-mqtt", "paho.mqtt.client")
_MEDIAPIPE: Final = Library("mediapipe", "mediapipe", "mediapipe")
_LITERT: Final = Library("litert", "ai-edge-litert", "ai_edge_litert.interpreter")


def run_checks(config: EdgeConfig, *, model: Path | None, source: str | None, machine: Machine) -> Iterator[Finding]:
    """Look over the machine, the libraries, the bundle and what is configured around them.

    `model` and `source` go before what is configured. A camera or broker that nobody named is left out.
    """
    processor = Processor.of(machine)
    try:
        folder, unreadable = find_active_bundle(config.model, model, os.environ), ""
    except StoreUnusable as error:
        folder, unreadable = SHIPPED_MODEL, str(error)
    camera = config.camera if source is None else config.camera.model_copy(update={"source": source})
    yield from _machine(machine, processor)
    yield (onnxruntime := _library(_ONNXRUNTIME))
    yield (opencv := _library(_OPENCV))
    yield check_opencv_owner()
    yield (paho := _library(_PAHO))
    yield _networks(default_folder())
    yield _tried("bundle", "classifier", str(folder), onnxruntime, "copy it anew, or name another one with --model")
    yield check_signature(folder, config.model, model, unreadable)
    yield from _landmarks(folder, processor)
    is_named = source is not None or "camera" in config.model_fields_set
    if not is_named:
        yield Finding("camera", State.LEFT_OUT, "none is configured; name one with --source or in [camera]")
    else:
        remedy = "plug it in, see that nothing else uses it and that this user may (group video)"
        yield _tried("camera", "camera", camera.model_dump_json(), opencv, remedy)
    if config.mqtt is None:
        yield Finding("broker", State.LEFT_OUT, "none is configured, so nothing is published")
    else:
        remedy = "see that it runs, and that host, port, certificates, user and password in [mqtt] are right"
        yield _tried("broker", "broker", config.mqtt.model_dump_json(), paho, remedy)
    yield check_live_page(config.web)
    yield check_permissions(config, camera.source if is_named else None)
    # Captions are told by their section alone: what draws them is not loaded here.
    captions = "captions" in config.model_fields_set
    yield check_screen(SYSFS, wanted=captions)
    yield check_raqm(wanted=captions)
    yield check_clock()
    yield check_disk(os.environ)
    yield check_power(SYSFS)
    yield _temperature(machine)


def _machine(machine: Machine, processor: Processor) -> Iterator[Finding]:
    board = board_name(machine)
    sentence = f"{processor.architecture}, {processor.name}" + (f", in a {board}" if board else "")
    lacking = processor.missing_features()
    without = f", without {' and '.join(lacking)}" if lacking else ""
    yield Finding("processor", State.OK, sentence + without)
    python = f"Python {platform.python_version()}, {machine.pointer_bits} bits"
    if machine.pointer_bits == _OF_64_BITS:
        yield Finding("python", State.OK, python)
    else:
        remedy = "install a 64-bit system: the libraries are not built for this one"
        yield Finding("python", State.FAILED, python, remedy)


def _library(library: Library) -> Finding:
    try:
        installed = version(library.distribution)
    except PackageNotFoundError:
        return Finding(
            library.check, State.FAILED, f"{library.distribution} is not installed", "pip install 'ishara[edge]'"
        )
    outcome = run_python(["-c", f"import {library.module}"])
    if outcome.succeeded:
        return Finding(library.check, State.OK, f"{library.distribution} {installed}")
    remedy = (
        f"on Debian: apt install {DEBIAN_PACKAGES}"
        if ".so" in outcome.text
        else "install it anew at the version that constraints.txt names"
    )
    sentence = f"{library.distribution} {installed} cannot be loaded: {outcome.text}"
    return Finding(library.check, State.FAILED, sentence, remedy)


def _networks(folder: Path) -> Finding:
    wrong = missing_tasks(folder)
    if not wrong:
        return Finding("landmark networks", State.OK, f"all are there and unchanged in {folder}")
    sentence = f"missing or damaged in {folder}: {', '.join(wrong)}"
    return Finding("landmark networks", State.FAILED, sentence, "run `ishara-landmarkers` to make them")


def _tried(check: str, trial: str, argument: str, rests_on: Finding, remedy: str) -> Finding:
    """What a trial found; one whose library does not load would only say the same again."""
    if rests_on.state is State.FAILED:
        return Finding(check, State.LEFT_OUT, f"not tried without {rests_on.check}")
    outcome = run_python(["-m", "edge.doctor", trial, argument])
    if outcome.succeeded:
        return Finding(check, State.OK, outcome.text)
    return Finding(check, State.FAILED, outcome.text, remedy)


def _landmarks(folder: Path, processor: Processor) -> Iterator[Finding]:
    """The landmarker that the bundle was trained with: its library, and whether it gets through a picture."""
    try:
        manifest = open_bundle(folder).manifest
    except BundleRefused:
        yield Finding("landmarker", State.LEFT_OUT, "which one is wanted cannot be told without the bundle")
        return
    wants = f"{manifest.title} wants {manifest.landmarker}"
    library = _library_of(manifest.landmarker)
    if library is _MEDIAPIPE and processor.lacks_atomics:
        # Not even a trial: MediaPipe's wheels for Arm are known to die here.
        sentence = f"{wants}, which this processor cannot run: MediaPipe needs ARMv8.1 atomics"
        yield Finding("landmarker", State.FAILED, sentence, _NEWER)
        return
    yield (loaded := _library(library))
    remedy = "see what failed above; otherwise install the libraries anew"
    tried = _tried("landmarker", "landmarker", str(folder), loaded, remedy)
    yield replace(tried, sentence=f"{wants}: {tried.sentence}")


def _library_of(landmarker: str) -> Library:
    """The library on which a landmarker of this fingerprint rests."""
    return _MEDIAPIPE if landmarker.startswith("mediapipe") else _LITERT


def _temperature(machine: Machine) -> Finding:
    degrees = temperature(machine)
    if degrees is None:
        return Finding("temperature", State.LEFT_OUT, "this machine measures none")
    sentence = f"{degrees:.0f} °C"
    if degrees < _HOT_C:
        return Finding("temperature", State.OK, sentence)
    return Finding("temperature", State.WARNING, f"{sentence}: the processor slows itself down", "give it a fan")
