"""Two runs compared: what differs, how well each reads the takes that neither learned from, which takes changed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from models.labels import Sign
from trainer.evaluation.metrics import Evaluation, Score
from trainer.evaluation.paired import PairedCounts, PairedPredictions
from trainer.reports import html as report
from trainer.reports.curves import read_curves
from trainer.reports.evaluation_report import in_full, named, reliability
from trainer.reports.facts import differences
from trainer.reports.html import Html, interval, percent, points
from trainer.reports.run_report import draw, origin_told, reading_told
from trainer.reports.skeleton_animation import HOLD_STILL, gallery, skeleton_animation

_SHOWN: Final = 12  # takes that only one of them reads
_LIKELY_CHANCE: Final = 0.05


@dataclass(frozen=True, slots=True)
class SignChange:
    """Of so many takes of a sign, how many each run reads rightly."""

    sign_id: int
    count: int
    first: int
    second: int

    @property
    def gain(self) -> int:
        """How many more the second reads."""
        return self.second - self.first


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two runs by name, what they read, and what is to be told of it."""

    pairing: PairedPredictions
    names: tuple[str, str]
    differing: Mapping[str, tuple[str, ...]]
    evaluations: tuple[Evaluation, Evaluation]
    pairs: Mapping[str, PairedCounts]
    changes: tuple[SignChange, ...]
    """The signs that one reads oftener than the other, those that the second reads better first."""

    @property
    def verdict(self) -> str:
        """Which reads more, and whether that may be chance."""
        pairs, (first, second) = self.pairs["all"], self.names
        changed = f"{second} alone reads {pairs.only_second} of the takes, {first} alone {pairs.only_first}"
        low, high = pairs.interval
        ends = f"95 % interval {points(low)} to {points(high)}"
        if pairs.p_value >= _LIKELY_CHANCE:
            told = f"that may well be chance (p = {pairs.p_value:.2g})"
        else:
            better = second if pairs.difference > 0 else first
            told = f"{better} is better, and chance an unlikely reason (p = {pairs.p_value:.2g})"
        how = "less" if pairs.difference < 0 else "more"
        by = f"{100.0 * abs(pairs.difference):.1f} points"
        return f"{second} reads {by} {how} than {first} ({ends}): {changed}; {told}."


def compare(pairing: PairedPredictions) -> Comparison:
    """All that is told of two runs."""
    runs = (pairing.first.run, pairing.second.run)
    names = (runs[0].folder.name, runs[1].folder.name)
    if names[0] == names[1]:  # of different folders
        names = (str(runs[0].folder), str(runs[1].folder))
    evaluations = (pairing.first.evaluation(), pairing.second.evaluation())
    changes = sorted(_changes(*evaluations), key=lambda one: (-one.gain, one.sign_id))
    return Comparison(pairing, names, differences(runs), evaluations, pairing.pairs, tuple(changes))


def as_json(found: Comparison) -> str:
    """The comparison for programs; differences are the second's less the first's, as shares."""
    first, second = found.evaluations
    content = {
        "runs": found.names,
        "differing": found.differing,
        "takes": found.pairs["all"].count,
        "scores": {
            name: {"first": score.top1, "second": other.top1, **_paired(pairs)}
            for name, score, other, pairs in _rows(found)
        },
        "nll": [first.nll, second.nll],
        "calibration_error": [first.calibration_error, second.calibration_error],
        "signs": [
            {"sign_id": one.sign_id, "count": one.count, "first": one.first, "second": one.second}
            for one in found.changes
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def as_table(found: Comparison) -> str:
    """The comparison for people."""
    (a, b), (first, second) = found.names, found.evaluations
    width = max(26, len(a), len(b))
    lines = [f"{found.pairs['all'].count} takes that neither learned from.", found.verdict, ""]
    lines.append(f"{'':16} {'takes':>6}  {a:{width}}  {b:{width}}  {'difference':22} {'p':>6}")
    for name, score, other, pairs in _rows(found):
        low, high = pairs.interval
        change = f"{points(pairs.difference)} ({points(low)} to {points(high)})"
        lines.append(
            f"{name:16} {score.count:6}  {_told(score):{width}}  {_told(other):{width}}  {change:22} "
            f"{pairs.p_value:6.2g}"
        )
    lines.append(f"{'NLL':16} {'':6}  {first.nll:<{width}.3f}  {second.nll:<{width}.3f}")
    errors = f"{first.calibration_error:<{width}.3f}  {second.calibration_error:<{width}.3f}"
    lines += [f"{'calibration':16} {'':6}  {errors}", ""]
    for title, which in (("better", 1), ("worse", -1)):
        signs = [
            f"{one.sign_id} ({one.first} to {one.second} of {one.count})"
            for one in found.changes
            if one.gain * which > 0
        ]
        lines.append(f"signs that {b} reads {title}: {', '.join(signs) or 'none'}")
    lines.append("in what they differ:" if found.differing else "their notes tell no difference")
    lines += [f"  {name}: {one} | {other}" for name, (one, other) in found.differing.items()]
    return "\n".join(lines)


def as_page(found: Comparison) -> str:
    """The comparison as a report."""
    a, b = found.names
    runs = (found.pairing.first.run, found.pairing.second.run)
    words = {sign.sign_id: sign for run in runs for sign in run.signs}
    curves = {name: read_curves(run.folder) for name, run in zip(found.names, runs, strict=True)}
    differing = [[name, *values] for name, values in found.differing.items()]
    sections = {
        "At a glance": [report.text(found.verdict), _tiles(found), _square(found)],
        "In what they differ": [
            report.table(["", a, b], differing) if differing else report.text("In nothing that their notes tell.")
        ],
        "Scores": [_scores(found), report.text(_ABOUT_PAIRS)],
        "Signs": [_signs(found, words)],
        "Takes that only one reads": _films(found, words),
        "Curves": draw(curves),
        "How sure and how right": reliability(dict(zip(found.names, found.evaluations, strict=True))),
    }
    return report.page(f"{a} against {b}", sections)


def _changes(first: Evaluation, second: Evaluation) -> Iterator[SignChange]:
    for sign_id, score in first.by_sign.items():
        before, after = (round(one.top1 * one.count) for one in (score, second.by_sign[sign_id]))
        if before != after:
            yield SignChange(sign_id, score.count, before, after)


def _rows(found: Comparison) -> Iterator[tuple[str, Score, Score, PairedCounts]]:
    first, second = (one.named_scores for one in found.evaluations)
    return ((name, first[name], second[name], pairs) for name, pairs in found.pairs.items())


def _paired(pairs: PairedCounts) -> dict[str, Any]:
    return {
        "both": pairs.both,
        "only_first": pairs.only_first,
        "only_second": pairs.only_second,
        "neither": pairs.neither,
        "difference": pairs.difference,
        "interval": pairs.interval,
        "p": pairs.p_value,
    }


def _told(score: Score) -> str:
    return f"{percent(score.top1)} ({interval(score.top1_interval)})"


def _tiles(found: Comparison) -> Html:
    pairs = found.pairs["all"]
    low, high = pairs.interval
    figures = [
        (f"{name}: top-1", percent(one.overall.top1), interval(one.overall.top1_interval))
        for name, one in zip(found.names, found.evaluations, strict=True)
    ]
    figures.append(("difference", points(pairs.difference), f"{points(low)} to {points(high)} points"))
    figures.append(("p", f"{pairs.p_value:.2g}", f"McNemar, exact, {pairs.count} takes"))
    losses = " and ".join(f"{one.nll:.2f}" for one in found.evaluations)
    figures.append(("NLL", losses, "the lower the better"))
    return report.tiles(figures)


def _square(found: Comparison) -> Html:
    (a, b), pairs = found.names, found.pairs["all"]
    rows = [
        [f"{a} right", str(pairs.both), str(pairs.only_first)],
        [f"{a} wrong", str(pairs.only_second), str(pairs.neither)],
    ]
    return report.table(["takes", f"{b} right", f"{b} wrong"], rows, (1, 2))


def _scores(found: Comparison) -> Html:
    head = ["clips", "count", *found.names, "difference", "95 % interval", "", "p"]
    rows = []
    for name, score, other, pairs in _rows(found):
        low, high = pairs.interval
        ends = f"{points(low)} to {points(high)}"
        bar = report.change(pairs.difference, low, high)
        rows.append(
            [
                name,
                str(score.count),
                _told(score),
                _told(other),
                points(pairs.difference),
                ends,
                bar,
                f"{pairs.p_value:.2g}",
            ]
        )
    return report.table(head, rows, numbers=(1, 2, 3, 4, 5, 7))


def _signs(found: Comparison, words: Mapping[int, Sign]) -> Html:
    if not found.changes:
        return report.text("Every sign is read as often by the one as by the other.")
    rows = [
        [
            in_full(one.sign_id, words),
            str(one.count),
            str(one.first),
            str(one.second),
            report.marked(f"{one.gain:+}".replace("-", "\N{MINUS SIGN}"), "better" if one.gain > 0 else "worse"),
            *(_read_as(one.sign_id, result, words) for result in found.evaluations),
        ]
        for one in found.changes
    ]
    a, b = found.names
    return report.table(
        ["sign", "takes", f"{a} right", f"{b} right", "change", f"{a} reads", f"{b} reads"], rows, (1, 2, 3, 4)
    )


def _read_as(sign_id: int, result: Evaluation, words: Mapping[int, Sign]) -> Html:
    """What a sign was wrongly read as."""
    wrong = [
        report.joined(named(one.predicted, words), f" ({one.count})")
        for one in result.confusions
        if one.sign_id == sign_id
    ]
    return report.lines(wrong)


def _films(found: Comparison, words: Mapping[int, Sign]) -> list[Html]:
    blocks: list[Html] = []
    for name, won in zip(found.names, (False, True), strict=True):
        places = found.pairing.places(won=won)
        if places:
            shown = f", {_SHOWN} of them" if len(places) > _SHOWN else ""
            blocks.append(report.heading(f"Read by {name} alone: {len(places)}{shown}"))
            blocks.append(gallery([_film(found, place, words) for place in places[:_SHOWN]]))
    return [HOLD_STILL, *blocks] if blocks else [report.text("There are none.")]


def _film(found: Comparison, place: int, words: Mapping[int, Sign]) -> tuple[Html, Html]:
    sides = (found.pairing.first, found.pairing.second)
    sign_id = sides[0].provenances[place].sign_id or 0
    told: list[str] = [named(sign_id, words), origin_told(sides[0], place)]
    for name, side in zip(found.names, sides, strict=True):
        told.append(report.joined(f"{name}: ", reading_told(side, place, words)[0]))
    return skeleton_animation(sides[0].take(place), f"a take of sign {sign_id}"), report.lines(told)


_ABOUT_PAIRS: Final = (
    "Both read the very same takes, so their difference is told by the takes that only one of them reads: its interval "
    "is that of Agresti and Min for matched shares, p the exact test of McNemar. Rows below the first are looked at "
    "many at a time, where one of twenty shows p below 0.05 by chance alone. Takes of one signer resemble one another, "
    "and another seed alone makes a difference too; neither is in these figures."
)
