"""A benchmark of bundles as one table for people, as JSON for programs and as a report with pictures."""

import json
import os
from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from trainer.bundle.benchmark import Benchmark, NetworkResult, Timing
from trainer.reports import html as report
from trainer.reports.html import Html, interval, percent

_NONE = "-"


def as_json(found: Benchmark) -> str:
    """The benchmark for programs; times in milliseconds a call."""
    content = {
        "cores": os.cpu_count(),
        "rounds": found.rounds,
        "frames": found.frames,
        "takes": found.takes,
        "networks": [_content(one) for one in found.results],
        "skipped": found.skipped,
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def as_table(found: Benchmark) -> str:
    """The benchmark for a terminal."""
    head, rows = _head(found), [_row(one, _in_a_line) for one in found.results]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [
        "  ".join(f"{cell:{width}}" if not column else f"{cell:>{width}}" for column, (cell, width) in enumerate(cells))
        for cells in ([*zip(row, widths, strict=True)] for row in (head, *rows))
    ]
    return "\n".join([*lines, "", _about(found), *found.skipped])


def as_page(found: Benchmark) -> str:
    """The benchmark as a report."""
    numbers = range(1, len(_head(found)))
    blocks = [
        report.table(_head(found), [_row(one, _in_two_lines) for one in found.results], numbers),
        report.text(_about(found)),
    ]
    blocks += [report.text(f"Not measured: {one}") for one in found.skipped]
    sections = {
        "At a glance": [_tiles(found)],
        "All figures": blocks,
        "Time by takes a call": [report.picture(time_figure(found), "milliseconds a take over takes a call")],
    }
    if found.takes:
        told = "top-1 with its 95 % interval over milliseconds a call"
        sections["Accuracy and time"] = [report.picture(accuracy_figure(found), told)]
    return report.page("Benchmark of bundles", sections)


def time_figure(found: Benchmark) -> Figure:
    """Milliseconds a take by takes a call: a colour for each network, a plot for each number of threads."""
    threads = sorted({timing.threads for timing in found.results[0].timings})
    figure = report.figure(max(5.0, 10.4 / len(threads)) * len(threads), 3.4)
    slowest = max(timing.ms / timing.batch for one in found.results for timing in one.timings)
    for plot, count in zip(report.axes(figure, 1, len(threads), sharey=True), threads, strict=True):
        plot.set_ylim(0.0, 1.1 * slowest)
        for place, one in enumerate(found.results):
            timings = [timing for timing in one.timings if timing.threads == count]
            colour = report.SERIES[place % len(report.SERIES)]
            batches = [timing.batch for timing in timings]
            plot.plot(
                batches,
                [timing.ms / timing.batch for timing in timings],
                "o-" if one.network.shipped else "o--",
                color=colour,
                label=one.network.title,
            )
            plot.set_xscale("log", base=2)
            plot.set_xticks(batches, [str(batch) for batch in batches])
        plot.set(title=_threads(count), xlabel="takes a call", ylabel="milliseconds a take")
        plot.legend(frameon=False, fontsize=8)
    return figure


def accuracy_figure(found: Benchmark) -> Figure:
    """Top-1 over the time of a single take: right and high is slow and good; larger files have larger dots."""
    figure = report.figure(6.4, 3.6)
    (plot,) = report.axes(figure)
    for place, one in enumerate(found.results):
        if one.accuracy is None:
            continue
        score = one.accuracy.evaluation.overall
        low, high = score.top1_interval
        bars = [[100 * max(0.0, score.top1 - low)], [100 * max(0.0, high - score.top1)]]
        colour, first = report.SERIES[place % len(report.SERIES)], one.timings[0]
        plot.errorbar([first.ms], [100 * score.top1], bars, fmt="none", ecolor=colour, capsize=3)
        size = 60.0 * len(one.network.model) / 1e6
        plot.scatter([first.ms], [100 * score.top1], s=max(size, 12.0), color=colour, label=one.network.title)
    first = found.results[0].timings[0]
    about = f"milliseconds a call ({first.batch} a call, {_threads(first.threads)})"
    slowest = max(one.timings[0].ms for one in found.results)
    plot.set(xlabel=about, ylabel="top-1, %", xlim=(0.0, 1.15 * slowest))
    plot.legend(frameon=False, fontsize=8, loc="lower left")
    return figure


def _tiles(found: Benchmark) -> Html:
    figures = []
    for one in found.results:
        told = [f"{len(one.network.model) / 1e6:.2f} MB"]
        if one.accuracy is not None:
            told.append(f"top-1 {percent(one.accuracy.evaluation.overall.top1)}")
        figures.append((one.network.title, f"{one.timings[0].ms:.1f} ms", ", ".join(told)))
    return report.tiles(figures)


def _head(found: Benchmark) -> list[str]:
    head = ["network", "MB", "signs"]
    if found.takes:
        head += ["top-1", "95 % interval", "NLL", "same"]
    return [*head, *(f"{_threads(one.threads)} × {one.batch}" for one in found.results[0].timings)]


def _row(one: NetworkResult, told: Callable[[Timing], str]) -> list[str]:
    row = [one.network.title, f"{len(one.network.model) / 1e6:.2f}", str(len(one.network.signs))]
    if one.accuracy is not None:
        result, agreement = one.accuracy.evaluation, one.accuracy.agreement
        row += [percent(result.overall.top1), interval(result.overall.top1_interval), f"{result.nll:.3f}"]
        row.append(_NONE if agreement is None else percent(agreement))
    return [*row, *map(told, one.timings)]


def _in_a_line(timing: Timing) -> str:
    return f"{timing.ms:.1f} ({timing.ratio:.2f})"


def _in_two_lines(timing: Timing) -> Html:
    return report.lines([f"{timing.ms:.1f}", f"({timing.ratio:.2f})"])


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _about(found: Benchmark) -> str:
    told = (
        f"Threads × takes a call: milliseconds of the fastest of {found.rounds} calls, with a take of {found.frames} "
        f"frames, on a machine with {os.cpu_count()} cores. The networks took turns; in brackets, how many times the "
        "first one's time it is: on a shared machine only that compares. "
    )
    if any(not one.network.shipped for one in found.results):
        told += "fp32 (before) is the network that the bundle was made of, exported from its exemplars.npz. "
    if found.takes:
        told += (
            f"Accuracy on {found.takes} takes, or as many of them as show signs that the bundle knows; same: the share "
            "that the bundle's other network reads in the same way."
        )
    return told.rstrip()


def _content(one: NetworkResult) -> dict[str, Any]:
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
