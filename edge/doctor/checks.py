"""The checks of the doctor, in the order in which one depends on another."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from edge.cameras.source_help import find_remedy
from edge.config import SHIPPED_MODEL, CameraConfig, EdgeConfig
from edge.config.source_name import SourceName
from edge.diagnostics.finding import Finding, State
from edge.doctor.installation import (
    check_opencv_owner,
    check_permissions,
    check_raqm,
    check_signature,
    check_stored_files,
    opencv_build,
)
from edge.doctor.live_page import check_live_page
from edge.doctor.probe_process import run_probe
from edge.doctor.running import (
    BROKER_REMEDY,
    NO_BROKER,
    check_running_broker,
    check_running_bundle,
    check_running_camera,
    check_running_landmarker,
    check_running_page,
    check_running_screen,
    check_running_speech,
    check_running_threads,
)
from edge.doctor.signs import check_spoken_signs
from edge.doctor.speech import check_speech
from edge.doctor.system import check_clock, check_disk, check_power, check_screen
from edge.libraries import DEBIAN_PACKAGES
from edge.model_selection.active_bundle import find_active_bundle
from edge.monitoring.health import Health
from edge.monitoring.thermal import SYSFS
from landmarkers.factory import GET_MEDIAPIPE
from landmarkers.processor import Machine, Processor, board_name, temperature
from landmarkers.task_bundles import default_folder, missing_tasks
from models.bundle import BundleRefused, open_bundle
from models.store import StoreUnusable
from models.subprocess_probe import run_python

_64_BITS: Final = 64
_HOT_C: Final = 80.0  # where a Raspberry Pi begins to throttle itself
_PRECISION: Final = "runs the hand network in int8 and the others in float32, each on one thread of XNNPACK"
_NEWER: Final = "take a bundle for LiteRT, or a board whose processor has them: a Raspberry Pi 5, a Jetson Orin"


@dataclass(frozen=True, slots=True)
class Library:
    """A library: the name of its check, and the names under which it is installed and imported."""

    check: str
    distribution: str
    module: str
    remedy: str = "pip install 'ishara[edge]'"


_ONNXRUNTIME: Final = Library("onnxruntime", "onnxruntime", "onnxruntime")
_PAHO: Final = Library("paho", "paho-mqtt", "paho.mqtt.client")
_MEDIAPIPE: Final = Library("mediapipe", "mediapipe", "mediapipe", GET_MEDIAPIPE)
_LITERT: Final = Library("litert", "ai-edge-litert", "ai_edge_litert.interpreter")


def run_checks(
    config: EdgeConfig, *, model: Path | None, source: str | None, machine: Machine, daemon: Health | None = None
) -> Iterator[Finding]:
    """Check the machine, the libraries, the bundle and what is configured around them.

    `model` and `source` take precedence over the configuration. Camera and broker are skipped where none is named.
    `daemon` is the health of the daemon that runs this check on itself: what it has in use already is not opened a
    second time, and it says how that works.
    """
    processor = Processor.of(machine)
    camera = config.camera if source is None else config.camera.model_copy(update={"source": SourceName(source)})
    yield from _check_machine(machine, processor)
    yield (onnxruntime := _check_library(_ONNXRUNTIME))
    yield (opencv := _check_library(Library("opencv", opencv_build(), "cv2", "pip install 'ishara[edge,opencv]'")))
    yield check_opencv_owner()
    yield (paho := _check_library(_PAHO))
    yield _check_networks(default_folder())
    yield from _check_model(config, model, processor, onnxruntime, daemon)
    if daemon is None:
        named = camera if source is not None or "camera" in config.model_fields_set else None
        yield _probe_camera(named, opencv)
        yield _probe_broker(config, paho)
        yield check_live_page(config.web)
    else:
        named = camera
        yield check_running_camera(camera, daemon)
        yield check_running_broker(config.mqtt, daemon)
        yield check_running_page(config.web, daemon)
        yield check_running_threads(daemon)
    yield check_permissions(config, None if named is None else named.source.get_secret_value())
    yield from _check_outputs(config, daemon)
    yield check_clock()
    yield check_disk(os.environ)
    yield check_stored_files(config, os.environ)
    yield check_power(SYSFS)
    yield _check_temperature(machine)


def _check_model(
    config: EdgeConfig, model: Path | None, processor: Processor, onnxruntime: Finding, daemon: Health | None
) -> Iterator[Finding]:
    try:
        folder, store_error = find_active_bundle(config.model, model, os.environ), ""
    except StoreUnusable as error:
        folder, store_error = SHIPPED_MODEL, str(error)
    remedy = "copy the bundle again, or name another one with --model"
    if daemon is None:
        yield _probe("bundle", ("classifier", str(folder)), onnxruntime, remedy)
    else:
        yield check_running_bundle(daemon)
    yield check_signature(folder, config.model, model, store_error)
    yield check_spoken_signs(config, folder)
    yield from _check_landmarker(folder, processor, daemon)


def _probe_camera(camera: CameraConfig | None, opencv: Finding) -> Finding:
    if camera is None:
        return Finding("camera", State.SKIPPED, "none is configured; name one with --source or in [camera]")
    remedy = find_remedy(camera.source.get_secret_value())
    return _probe("camera", ("camera", camera.to_json()), opencv, remedy)


def _probe_broker(config: EdgeConfig, paho: Finding) -> Finding:
    if config.mqtt is None:
        return Finding("broker", State.SKIPPED, NO_BROKER)
    return _probe("broker", ("broker", config.mqtt.model_dump_json()), paho, BROKER_REMEDY)


def _check_outputs(config: EdgeConfig, daemon: Health | None) -> Iterator[Finding]:
    # Captions are recognised by their section alone: what draws them is not loaded here.
    has_captions = "captions" in config.model_fields_set
    screen = check_screen(SYSFS, required=has_captions)
    yield screen if daemon is None else check_running_screen(screen, daemon)
    yield check_raqm(required=has_captions)
    yield check_speech(config.speech) if daemon is None else check_running_speech(config.speech, daemon)


def _check_machine(machine: Machine, processor: Processor) -> Iterator[Finding]:
    board = board_name(machine)
    sentence = f"{processor.architecture}, {processor.name}" + (f", in a {board}" if board else "")
    missing = processor.missing_features()
    without = f", without {' and '.join(missing)}" if missing else ""
    yield Finding("processor", State.OK, sentence + without)
    python = f"Python {platform.python_version()}, {machine.pointer_bits} bits"
    if machine.pointer_bits == _64_BITS:
        yield Finding("python", State.OK, python)
    else:
        remedy = "install a 64-bit system: the libraries are not built for this one"
        yield Finding("python", State.FAILED, python, remedy)


def _check_library(library: Library) -> Finding:
    try:
        installed = version(library.distribution)
    except PackageNotFoundError:
        return Finding(library.check, State.FAILED, f"{library.distribution} is not installed", library.remedy)
    result = run_python(["-c", f"import {library.module}"])
    if result.succeeded:
        return Finding(library.check, State.OK, f"{library.distribution} {installed}")
    remedy = (
        f"on Debian: apt install {DEBIAN_PACKAGES}"
        if ".so" in result.text
        else "install it again in the version that requirements/web.txt names"
    )
    sentence = f"{library.distribution} {installed} cannot be loaded: {result.text}"
    return Finding(library.check, State.FAILED, sentence, remedy)


def _check_networks(folder: Path) -> Finding:
    unusable = missing_tasks(folder)
    if not unusable:
        return Finding("landmark networks", State.OK, f"all are present and unchanged in {folder}")
    sentence = f"missing or damaged in {folder}: {', '.join(unusable)}"
    return Finding("landmark networks", State.FAILED, sentence, "run `ishara-landmarkers` to make them")


def _probe(check: str, probe: tuple[str, str], dependency: Finding, remedy: str) -> Finding:
    """Run a probe with its argument; skip it if its library does not load, since it would only say the same again."""
    if dependency.state is State.FAILED:
        return Finding(check, State.SKIPPED, f"not probed without {dependency.check}")
    result = run_probe(*probe)
    if result.succeeded:
        return Finding(check, State.OK, result.text)
    return Finding(check, State.FAILED, result.text, remedy)


def _check_landmarker(folder: Path, processor: Processor, daemon: Health | None) -> Iterator[Finding]:
    """Check the landmarker that the bundle was trained with: its library, and one run on an image."""
    try:
        manifest = open_bundle(folder).manifest
    except BundleRefused:
        yield Finding("landmarker", State.SKIPPED, "which one is needed is unknown without the bundle")
        return
    needs = f"{manifest.title} needs {manifest.landmarker}"
    library = _library_of(manifest.landmarker)
    if library is _MEDIAPIPE and processor.lacks_atomics:
        # Not even probed: MediaPipe's wheels for Arm are known to die here.
        sentence = f"{needs}, which this processor cannot run: MediaPipe requires ARMv8.1 atomics"
        yield Finding("landmarker", State.FAILED, sentence, _NEWER)
        return
    loaded = _check_library(library)
    is_ours = library is _LITERT and loaded.state is State.OK
    yield replace(loaded, sentence=f"{loaded.sentence}, {_PRECISION}") if is_ours else loaded
    remedy = "repair what failed above; otherwise install the libraries again"
    if daemon is None:
        finding = _probe("landmarker", ("landmarker", str(folder)), loaded, remedy)
    else:
        finding = check_running_landmarker(daemon)
    yield replace(finding, sentence=f"{needs}: {finding.sentence}")


def _library_of(landmarker: str) -> Library:
    """Return the library that a landmarker of this fingerprint depends on."""
    return _MEDIAPIPE if landmarker.startswith("mediapipe") else _LITERT


def _check_temperature(machine: Machine) -> Finding:
    degrees = temperature(machine)
    if degrees is None:
        return Finding("temperature", State.SKIPPED, "this machine has no sensor for it")
    sentence = f"{degrees:.0f} °C"
    if degrees < _HOT_C:
        return Finding("temperature", State.OK, sentence)
    return Finding("temperature", State.WARNING, f"{sentence}: the processor throttles itself", "give it a fan")
