"""Measures and formats what the command line of `ishara-edge bench` asks for."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.libraries import require_libraries
from edge.monitoring.thermal import read_thermal_state
from landmarkers.factory import LandmarkerUnavailable, require_mediapipe
from landmarkers.processor import Machine, Processor
from models.bundle import Bundle

if TYPE_CHECKING:
    from edge.benchmark.reference import ReferenceMeter

_WANTED_BY: Final = "the reference that `bench` measures against is"
_INSTEAD: Final = "measure the pipeline alone with `bench --card`"


def measure(clips: Sequence[Path], bundle: Bundle, options: argparse.Namespace) -> str:
    """Measure on these clips; return a table, JSON or a card.

    Raises LandmarkerUnavailable where the reference cannot run, unless a card is wanted; LibraryMissing, and what
    `run_benchmark` raises.
    """
    reference = _open_reference(required=not options.card)
    with require_libraries():
        from edge.benchmark.bench import run_benchmark
        from edge.benchmark.card import format_card
        from edge.benchmark.report import Benchmark, format_table

    before = read_thermal_state()
    figures = run_benchmark(clips, bundle, reference)
    if options.card:
        return format_card(figures, bundle.manifest.title, before, read_thermal_state())
    if options.json or not isinstance(figures, Benchmark):
        return figures.model_dump_json(indent=2)
    return format_table(figures)


def _open_reference(*, required: bool) -> "ReferenceMeter | None":
    try:
        require_mediapipe(_WANTED_BY, _INSTEAD, Processor.of(Machine()))
    except LandmarkerUnavailable:
        if required:
            raise
        return None
    with require_libraries():
        from edge.benchmark.reference import ReferenceMeter

    return ReferenceMeter()
