"""The report of a benchmark of bundles as one HTML file."""

from markupsafe import Markup
from matplotlib.figure import Figure

from trainer.bundle.benchmark import Benchmark, Timing
from trainer.reports import html, plots
from trainer.reports.benchmark_text import explanation, table_head, table_row, threads_label
from trainer.reports.formatting import percent


def to_html(benchmark: Benchmark) -> str:
    """Return the report."""
    head = table_head(benchmark)
    rows = [table_row(one, _time_on_two_lines) for one in benchmark.results]
    blocks = [html.table(head, rows, range(1, len(head))), html.paragraph(explanation(benchmark))]
    blocks += [html.paragraph(f"Not measured: {one}") for one in benchmark.skipped]
    sections = {
        "Summary": [_tiles(benchmark)],
        "All figures": blocks,
        "Time by batch size": [plots.to_svg(draw_times(benchmark), "milliseconds a take over batch size")],
    }
    if benchmark.takes:
        alt = "top-1 with its 95 % interval over milliseconds a call"
        sections["Accuracy and time"] = [plots.to_svg(draw_accuracy(benchmark), alt)]
    return html.page("Benchmark of bundles", sections)


def draw_times(benchmark: Benchmark) -> Figure:
    """Draw milliseconds a take by batch size: a colour for each network, a plot for each number of threads."""
    threads = sorted({timing.threads for timing in benchmark.results[0].timings})
    figure = plots.figure(max(5.0, 10.4 / len(threads)) * len(threads), 3.4)
    slowest = max(timing.ms / timing.batch for one in benchmark.results for timing in one.timings)
    for plot, count in zip(plots.axes(figure, 1, len(threads), sharey=True), threads, strict=True):
        plot.set_ylim(0.0, 1.1 * slowest)
        for number, one in enumerate(benchmark.results):
            timings = [timing for timing in one.timings if timing.threads == count]
            batches = [timing.batch for timing in timings]
            plot.plot(
                batches,
                [timing.ms / timing.batch for timing in timings],
                "o-" if one.network.shipped else "o--",
                color=plots.SERIES[number % len(plots.SERIES)],
                label=one.network.title,
            )
            plot.set_xscale("log", base=2)
            plot.set_xticks(batches, [str(batch) for batch in batches])
        plot.set(title=threads_label(count), xlabel="batch size", ylabel="milliseconds a take")
        plot.legend(frameon=False, fontsize=8)
    return figure


def draw_accuracy(benchmark: Benchmark) -> Figure:
    """Draw top-1 over the time of a single take; larger files have larger dots."""
    figure = plots.figure(6.4, 3.6)
    (plot,) = plots.axes(figure)
    for number, one in enumerate(benchmark.results):
        if one.accuracy is None:
            continue
        score = one.accuracy.evaluation.overall
        low, high = score.top1_interval
        bars = [[100 * max(0.0, score.top1 - low)], [100 * max(0.0, high - score.top1)]]
        colour, first = plots.SERIES[number % len(plots.SERIES)], one.timings[0]
        plot.errorbar([first.ms], [100 * score.top1], bars, fmt="none", ecolor=colour, capsize=3)
        size = 60.0 * len(one.network.model) / 1e6
        plot.scatter([first.ms], [100 * score.top1], s=max(size, 12.0), color=colour, label=one.network.title)
    first = benchmark.results[0].timings[0]
    xlabel = f"milliseconds a call (batch size {first.batch}, {threads_label(first.threads)})"
    slowest = max(one.timings[0].ms for one in benchmark.results)
    plot.set(xlabel=xlabel, ylabel="top-1, %", xlim=(0.0, 1.15 * slowest))
    plot.legend(frameon=False, fontsize=8, loc="lower left")
    return figure


def _tiles(benchmark: Benchmark) -> Markup:
    figures = []
    for one in benchmark.results:
        facts = [f"{len(one.network.model) / 1e6:.2f} MB"]
        if one.accuracy is not None:
            facts.append(f"top-1 {percent(one.accuracy.evaluation.overall.top1)}")
        figures.append((one.network.title, f"{one.timings[0].ms:.1f} ms", ", ".join(facts)))
    return html.tiles(figures)


def _time_on_two_lines(timing: Timing) -> Markup:
    return html.lines([f"{timing.ms:.1f}", f"({timing.ratio:.2f})"])
