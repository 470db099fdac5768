"""The card of a board: what it is, how it was doing, and how fast the pipeline ran, to be pasted into an issue."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from edge.benchmark.report import Benchmark, PipelineFigures
from edge.monitoring.thermal import SYSFS, ThermalState, throttled_bits
from landmarkers.numbers import is_number
from landmarkers.processor import Machine, Processor, board_name

_UNKNOWN: Final = "unknown"
_PACKAGES: Final = (
    "ishara",
    "ai-edge-litert",
    "onnxruntime",
    "numpy",
    "opencv-python-headless",
    "opencv-contrib-python",
    "mediapipe",
)


def format_card(
    figures: PipelineFigures, model: str, before: ThermalState, after: ThermalState, sysfs: Path = SYSFS
) -> str:
    """Return the card as a Markdown table; the temperatures are those before and after the measurement."""
    machine = Machine()
    rows = {
        "Board": board_name(machine) or "no name in a device tree",
        "Processor": f"{os.cpu_count()} cores, {Processor.of(machine).name}, {machine.architecture}",
        "Clock": "; ".join(dict.fromkeys(_frequencies(sysfs))) or _UNKNOWN,
        "Temperature": f"{_celsius(before)} before, {_celsius(after)} after",
        "Throttled": _throttling(before, after, sysfs),
        "Memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB",
        "Kernel": f"{platform.system()} {platform.release()}",
        "System": _system(),
        "Python": platform.python_version(),
        "Versions": ", ".join(_versions()),
        "Model": model,
        "Clips": f"{figures.clips}, {figures.frames} frames of {' and '.join(figures.sizes)}",
        "Frames a second": f"{figures.pipeline.frames_per_s:.1f}",
        "CPU ms a frame": f"{figures.pipeline.cpu_s_per_frame * 1000:.1f}",
        **{
            f"Stage {stage}, ms": f"p50 {ms.p50:.2f}, p95 {ms.p95:.2f}, p99 {ms.p99:.2f}"
            for stage, ms in figures.stage_ms.items()
        },
        "Start to the first word": _seconds(figures.start_to_first_word_s),
        "Peak memory of the daemon": f"{figures.peak_memory_mb:.0f} MB",
        "Reference": _reference(figures),
    }
    return "\n".join(
        ["| `ishara-edge bench --card` | |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in rows.items())]
    )


def _frequencies(sysfs: Path) -> Iterator[str]:
    """Yield the highest frequency of each group of cores, and the rule by which the kernel lowers it."""
    for policy in sorted((sysfs / "devices/system/cpu/cpufreq").glob("policy*")):
        highest = _read(policy / "cpuinfo_max_freq")
        if is_number(highest):
            yield f"{int(highest) // 1000} MHz, {_read(policy / 'scaling_governor') or _UNKNOWN}"


def _throttling(before: ThermalState, after: ThermalState, sysfs: Path) -> str:
    """Return whether the processor was throttled, with a Raspberry Pi's bits, which also tell what was since boot."""
    states = [state.throttled for state in (before, after) if state.throttled is not None]
    if not states:
        return _UNKNOWN
    bits = throttled_bits(sysfs)
    return ("yes" if any(states) else "no") + ("" if bits is None else f" (get_throttled {bits:#x})")


def _versions() -> Iterator[str]:
    for name in _PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue  # one of the builds of OpenCV, or MediaPipe


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return _UNKNOWN


def _reference(figures: PipelineFigures) -> str:
    if not isinstance(figures, Benchmark):
        return "not measured"
    ours, agreement = figures.frames_per_s_ratio, figures.agreement
    return (
        f"{figures.reference.frames_per_s:.1f} frames a second ({ours:.2f} times), "
        f"{figures.reference.cpu_s_per_frame * 1000:.1f} CPU ms a frame ({figures.cpu_ratio:.3f}); "
        f"{agreement.hands_found:.1%} of its hands found, distance {agreement.distance:.4f}"
    )


def _celsius(state: ThermalState) -> str:
    return _UNKNOWN if state.celsius is None else f"{state.celsius:.0f} °C"


def _seconds(seconds: float | None) -> str:
    return "no word came" if seconds is None else f"{seconds:.2f} s"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
