"""A benchmark of bundles as one table for people and as JSON for programs."""

import json
import os
from collections.abc import Callable
from typing import Any

from trainer.bundle.benchmark import Benchmark, NetworkResult, Timing
from trainer.reports.formatting import interval, percent

_MISSING = "-"


def to_json(benchmark: Benchmark) -> str:
    """Return the benchmark as JSON; times in milliseconds a call."""
    content = {
        "cores": os.cpu_count(),
        "rounds": benchmark.rounds,
        "frames": benchmark.frames,
        "takes": benchmark.takes,
        "networks": [_network(one) for one in benchmark.results],
        "skipped": benchmark.skipped,
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def to_table(benchmark: Benchmark) -> str:
    """Return the benchmark for a terminal."""
    head, rows = table_head(benchmark), [table_row(one, _time_on_one_line) for one in benchmark.results]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [
        "  ".join(f"{cell:{width}}" if not column else f"{cell:>{width}}" for column, (cell, width) in enumerate(cells))
        for cells in ([*zip(row, widths, strict=True)] for row in (head, *rows))
    ]
    return "\n".join([*lines, "", explanation(benchmark), *benchmark.skipped])


def table_head(benchmark: Benchmark) -> list[str]:
    """Return the titles of the columns."""
    head = ["network", "MB", "signs"]
    if benchmark.takes:
        head += ["top-1", "95 % interval", "NLL", "agreement"]
    return [*head, *(f"{threads_label(one.threads)} × {one.batch}" for one in benchmark.results[0].timings)]


def table_row(one: NetworkResult, format_time: Callable[[Timing], str]) -> list[str]:
    """Return the cells of a network."""
    row = [one.network.title, f"{len(one.network.model) / 1e6:.2f}", str(len(one.network.signs))]
    if one.accuracy is not None:
        evaluation, agreement = one.accuracy.evaluation, one.accuracy.agreement
        overall = evaluation.overall
        row += [percent(overall.top1), interval(overall.top1_interval), f"{evaluation.nll:.3f}"]
        row.append(_MISSING if agreement is None else percent(agreement))
    return [*row, *map(format_time, one.timings)]


def threads_label(count: int) -> str:
    """Return the number of threads in words."""
    return "1 thread" if count == 1 else f"{count} threads"


def explanation(benchmark: Benchmark) -> str:
    """Return sentences on what was measured and how."""
    sentences = (
        f"Threads × batch size: milliseconds of the fastest of {benchmark.rounds} calls, with a take of "
        f"{benchmark.frames} frames, on a machine with {os.cpu_count()} cores. The networks took turns; in brackets is "
        "the ratio to the first one's time, which alone is comparable on a shared machine. "
    )
    if any(not one.network.shipped for one in benchmark.results):
        sentences += "fp32 (before) is the network that the bundle was made of, exported again from its exemplars.npz. "
    if benchmark.takes:
        sentences += (
            f"Accuracy on those of {benchmark.takes} takes that show signs which the bundle knows; agreement: the "
            "fraction of takes that the bundle's other network classifies in the same way."
        )
    return sentences.rstrip()


def _time_on_one_line(timing: Timing) -> str:
    return f"{timing.ms:.1f} ({timing.ratio:.2f})"


def _network(one: NetworkResult) -> dict[str, Any]:
    network = one.network
    content: dict[str, Any] = {
        "network": network.title,
        "bundle": network.bundle.manifest.title,
        "precision": network.precision.value,
        "shipped": network.shipped,
        "bytes": len(network.model),
        "signs": len(network.signs),
        "timings": [
            {
                "threads": timing.threads,
                "batch": timing.batch,
                "ms": timing.ms,
                "median_ms": timing.median_ms,
                "ratio": timing.ratio,
            }
            for timing in one.timings
        ],
    }
    if one.accuracy is not None:
        score = one.accuracy.evaluation.overall
        content |= {
            "count": score.count,
            "top1": score.top1,
            "top1_interval": score.top1_interval,
            "top5": score.top5,
            "nll": one.accuracy.evaluation.nll,
            "agreement": one.accuracy.agreement,
        }
    return content
