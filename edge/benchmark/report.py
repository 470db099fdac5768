"""The figures of a benchmark, as JSON and as a table."""

from edge.monitoring.stage_times import StageTime
from landmarkers.agreement import Agreement
from models.strict_model import StrictModel


class Speed(StrictModel):
    """The speed of one implementation."""

    frames_per_s: float
    cpu_s_per_frame: float


class NetworkLoad(StrictModel):
    """The runs of one network for each frame, and the millions of multiply-accumulates (MACs) of one run."""

    runs_per_frame: float
    million_macs: float


class PipelineFigures(StrictModel):
    """The figures of the pipeline alone."""

    clips: int
    frames: int
    sizes: tuple[str, ...]
    pipeline: Speed
    stage_ms: dict[str, StageTime]
    networks: dict[str, NetworkLoad]
    start_to_first_word_s: float | None
    peak_memory_mb: float


class Benchmark(PipelineFigures):
    """The figures of the pipeline beside those of the reference implementation."""

    reference: Speed
    frames_per_s_ratio: float
    cpu_ratio: float
    agreement: Agreement


def format_table(result: Benchmark) -> str:
    """Return the figures as a table."""
    ours, reference, agreement = result.pipeline, result.reference, result.agreement
    first, networks = result.start_to_first_word_s, result.networks
    lines = [
        f"{result.clips} clips, {result.frames} frames",
        f"{'':22}{'pipeline':>12}{'reference':>12}{'ratio':>9}",
        _row("frames a second", ours.frames_per_s, reference.frames_per_s, result.frames_per_s_ratio),
        _row("CPU ms a frame", ours.cpu_s_per_frame * 1000, reference.cpu_s_per_frame * 1000, result.cpu_ratio),
        "",
        f"{'stage, ms':22}{'p50':>12}{'p95':>12}{'p99':>9}",
        *(f"{stage:22}{ms.p50:>12.2f}{ms.p95:>12.2f}{ms.p99:>9.2f}" for stage, ms in result.stage_ms.items()),
        "",
        f"{'network':22}{'runs a frame':>12}{'million MACs a run':>21}",
        *(f"{name:22}{one.runs_per_frame:>12.2f}{one.million_macs:>21.0f}" for name, one in networks.items()),
        "",
        f"hands of per-image MediaPipe that are found   {agreement.hands_found:.1%}",
        f"of these with the same handedness             {agreement.same_handedness:.1%}",
        f"mean distance of points, shoulder widths      {agreement.distance:.4f}",
        "start of the program to the first word        " + ("no word came" if first is None else f"{first:.2f} s"),
        f"peak memory of the daemon                     {result.peak_memory_mb:.0f} MB",
    ]
    return "\n".join(lines)


def _row(title: str, ours: float, reference: float, ratio: float) -> str:
    return f"{title:22}{ours:>12.1f}{reference:>12.1f}{ratio:>9.2f}"
