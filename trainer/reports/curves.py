"""The curves of runs, from what they wrote for TensorBoard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

from trainer.reports import html as report

_MOST_DRAWN: Final = 400  # points of a curve; more are not to be told apart
_IN_A_ROW: Final = 3
_LINES: Final = ("-", "--", ":", "-.")


@dataclass(frozen=True, slots=True)
class Curve:
    """Values by steps that grow, and when each was written, in seconds."""

    steps: tuple[int, ...]
    values: tuple[float, ...]
    clock: tuple[float, ...]

    @property
    def seconds_a_step(self) -> float | None:
        """How long a step takes mostly; None when there is no telling."""
        taken = [
            (later - earlier) / (after - before)
            for (before, after), (earlier, later) in zip(pairwise(self.steps), pairwise(self.clock), strict=True)
        ]
        return median(taken) if taken else None


def read_curves(folder: Path) -> dict[str, Curve]:
    """The curves of a run by their names, none when it drew none.

    Of a step that was gone through again, after a kill, the last value counts.
    """
    if not any(folder.glob("*.tfevents.*")):
        return {}
    events = EventAccumulator(str(folder), size_guidance={SCALARS: 0})
    events.Reload()
    curves = {}
    for name in sorted(events.Tags()[SCALARS]):
        last = {scalar.step: scalar for scalar in events.Scalars(name)}
        ordered = [last[step] for step in sorted(last)]
        curves[name] = Curve(
            tuple(one.step for one in ordered),
            tuple(one.value for one in ordered),
            tuple(one.wall_time for one in ordered),
        )
    return curves


def draw_curves(runs: Mapping[str, Mapping[str, Curve]]) -> Figure:
    """The runs' curves, a plot for each first word of their names: of one run in colours, of several a colour each."""
    names = sorted({name for curves in runs.values() for name in curves}, reverse=True)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.partition("/")[0], []).append(name)
    columns = min(len(groups), _IN_A_ROW)
    rows = -(-len(groups) // columns)
    figure = report.figure(max(4.5, 10.4 / columns) * columns, 3.0 * rows)
    plots = report.axes(figure, rows, columns)
    for plot, (group, members) in zip(plots, groups.items(), strict=False):
        for place, (title, curves) in enumerate(runs.items()):
            for number, name in enumerate(members):
                if name not in curves:
                    continue
                kind = name.partition("/")[2] or name
                steps, values = _thinned(curves[name])
                if len(runs) == 1:
                    plot.plot(steps, values, color=report.SERIES[number % len(report.SERIES)], label=kind)
                else:
                    colour, line = report.SERIES[place % len(report.SERIES)], _LINES[number % len(_LINES)]
                    plot.plot(steps, values, line, color=colour, label=f"{title}, {kind}")
        plot.set(title=group, xlabel="epoch")
        plot.legend(frameon=False, fontsize=8)
    for plot in plots[len(groups) :]:
        plot.set_visible(False)
    return figure


def _thinned(curve: Curve) -> tuple[Sequence[int], Sequence[float]]:
    """As many points as can be seen, the last among them."""
    every = -(-len(curve.steps) // _MOST_DRAWN)
    return curve.steps[::-1][::every][::-1], curve.values[::-1][::every][::-1]
