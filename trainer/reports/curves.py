"""Training curves of runs, read from their TensorBoard logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

from markupsafe import Markup
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

from trainer.reports import plots
from trainer.reports.html import paragraph

_MAX_POINTS: Final = 400  # of a curve; more cannot be told apart
_MAX_COLUMNS: Final = 3
_LINE_STYLES: Final = ("-", "--", ":", "-.")


@dataclass(frozen=True, slots=True)
class Curve:
    """Values by ascending steps, and the wall-clock time of each in seconds."""

    steps: tuple[int, ...]
    values: tuple[float, ...]
    clock: tuple[float, ...]

    @property
    def seconds_per_step(self) -> float | None:
        """The median duration of a step; None if there are fewer than two steps."""
        durations = [
            (later - earlier) / (after - before)
            for (before, after), (earlier, later) in zip(pairwise(self.steps), pairwise(self.clock), strict=True)
        ]
        return median(durations) if durations else None


def read_curves(folder: Path) -> dict[str, Curve]:
    """Return the curves of a run by name; empty if it logged none.

    Of a step that was repeated after a kill, the last value counts.
    """
    if not any(folder.glob("*.tfevents.*")):
        return {}
    events = EventAccumulator(str(folder), size_guidance={SCALARS: 0})
    events.Reload()
    curves = {}
    for name in sorted(events.Tags()[SCALARS]):
        # Logs that begin in one second are read in the order of their names, in which 10 comes before 9.
        last = {scalar.step: scalar for scalar in sorted(events.Scalars(name), key=lambda scalar: scalar.wall_time)}
        ordered = [last[step] for step in sorted(last)]
        curves[name] = Curve(
            tuple(one.step for one in ordered),
            tuple(one.value for one in ordered),
            tuple(one.wall_time for one in ordered),
        )
    return curves


def curves_section(runs: Mapping[str, Mapping[str, Curve]]) -> list[Markup]:
    """Return the curves of runs as blocks, or a sentence if there are none."""
    if not any(runs.values()):
        return [paragraph("There are no curves in the run's folder.")]
    about = (
        "The training loss is measured on augmented takes with label smoothing, so it cannot be compared with the "
        "validation loss."
    )
    return [plots.to_svg(draw_curves(runs), "loss and accuracy over the epochs"), paragraph(about)]


def draw_curves(runs: Mapping[str, Mapping[str, Curve]]) -> Figure:
    """Draw the curves of runs, with one plot for each first part of their names.

    A single run has a colour for each curve; several runs have a colour each.
    """
    names = sorted({name for curves in runs.values() for name in curves}, reverse=True)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.partition("/")[0], []).append(name)
    columns = min(len(groups), _MAX_COLUMNS)
    rows = -(-len(groups) // columns)
    figure = plots.figure(max(4.5, 10.4 / columns) * columns, 3.0 * rows)
    axes = plots.axes(figure, rows, columns)
    for plot, (group, members) in zip(axes, groups.items(), strict=False):
        for run_number, (title, curves) in enumerate(runs.items()):
            for number, name in enumerate(members):
                if name not in curves:
                    continue
                kind = name.partition("/")[2] or name
                steps, values = _thin(curves[name])
                if len(runs) == 1:
                    plot.plot(steps, values, color=plots.SERIES[number % len(plots.SERIES)], label=kind)
                else:
                    colour = plots.SERIES[run_number % len(plots.SERIES)]
                    style = _LINE_STYLES[number % len(_LINE_STYLES)]
                    plot.plot(steps, values, style, color=colour, label=f"{title}, {kind}")
        plot.set(title=group, xlabel="epoch")
        plot.legend(frameon=False, fontsize=8)
    for plot in axes[len(groups) :]:
        plot.set_visible(False)
    return figure


def _thin(curve: Curve) -> tuple[Sequence[int], Sequence[float]]:
    """Return as many points as can be seen, including the last one."""
    every = -(-len(curve.steps) // _MAX_POINTS)
    return curve.steps[::-1][::every][::-1], curve.values[::-1][::every][::-1]
