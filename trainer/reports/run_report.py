"""A run as a report: its curves, how well it reads what it never learned from, its worst signs, how it came about."""

from collections.abc import Mapping, Sequence
from typing import Final

from models.labels import Sign
from trainer.evaluation.metrics import Evaluation
from trainer.evaluation.predictions import HELD_OUT, TEST_CLIPS, Predictions
from trainer.reports import ablation_report, evaluation_report
from trainer.reports import html as report
from trainer.reports.curves import Curve, draw_curves, read_curves
from trainer.reports.evaluation_report import named
from trainer.reports.facts import facts
from trainer.reports.html import Html, interval, percent
from trainer.reports.skeleton_animation import HOLD_STILL, gallery, skeleton_animation
from trainer.training.exemplars import select_exemplars

_WORST: Final = 12  # signs whose takes are shown
_TAKES: Final = 4  # of each
_SHORT: Final = {HELD_OUT: "held out", TEST_CLIPS: "test clips"}


def write(readings: Predictions, others: Sequence[Predictions] = ()) -> str:
    """The report of the run that read these takes, none learned from, beside other runs if there are any."""
    run, result = readings.run, readings.evaluation()
    words = {sign.sign_id: sign for sign in run.signs}
    curves = read_curves(run.folder)
    kinds = readings.by_source
    judged = next(iter(kinds.values()))
    sections = {
        "At a glance": [report.text(lead(readings)), _tiles(kinds, curves)],
        "Curves": draw({run.folder.name: curves}),
        "Scores": _scores(kinds),
        "How sure and how right": calibration(judged, next(iter(kinds))),
        "What was read as what": evaluation_report.confusion(result, words),
        "Worst signs": _worst_signs(readings, result, words),
        "Each sign": [evaluation_report.signs(result, words)],
    }
    if others:
        sections["Beside other runs"] = ablation_report.blocks([readings, *others])
    sections["How it came about"] = [report.table(["fact", ""], list(facts(run).items()))]
    return report.page(f"Run {run.folder.name}", sections)


def lead(readings: Predictions) -> str:
    """What is judged here, in words."""
    run = readings.run
    return (
        f"{run.recipe.epochs} epochs on {len(run.train)} takes of {len(run.signs)} signs; {run.description}. Judged on "
        f"{len(readings)} takes that it never learned from, as the network was at the end of its training."
    )


def draw(runs: Mapping[str, Mapping[str, Curve]]) -> list[Html]:
    """The curves of runs, or a word on there being none."""
    if not any(runs.values()):
        return [report.text("No curves are told in the run's folder.")]
    about = "The loss in training is that of varied takes and smoothed labels, so it does not compare with the other."
    return [report.picture(draw_curves(runs), "loss and accuracy over the epochs"), report.text(about)]


def calibration(judged: Predictions, which: str) -> list[Html]:
    """How sure and how right, as trained and at the temperature that suits these takes."""
    temperature = judged.temperature()
    told = (
        f"Judged by: {which[:1].lower()}{which[1:]} ({len(judged)} takes). The temperature that suits these takes, "
        f"as an export fits it, is {temperature:.2f}; on others it will suit a little less."
    )
    evaluations = {"as trained": judged.evaluation(), f"at {temperature:.2f}": judged.evaluation(temperature)}
    return [report.text(told), *evaluation_report.reliability(evaluations)]


def _tiles(kinds: Mapping[str, Predictions], curves: Mapping[str, Curve]) -> Html:
    figures = []
    for name, readings in kinds.items():
        result = readings.evaluation()
        score = result.overall
        short = _SHORT[name]
        told = f"{interval(score.top1_interval)}, {score.count} takes"
        figures.append((f"{short}: top-1", percent(score.top1), told))
        figures.append((f"{short}: top-5", percent(score.top5), interval(score.top5_interval)))
    first = next(iter(kinds.values())).evaluation()
    figures.append(("NLL", f"{first.nll:.2f}", "the lower the better"))
    figures.append(("calibration error", f"{first.calibration_error:.3f}", "as trained"))
    if (loss := curves.get("loss/train")) is not None and (seconds := loss.seconds_a_step) is not None:
        figures.append(("epochs", str(len(loss.steps)), f"{seconds:.1f} s each"))
    return report.tiles(figures)


def _scores(kinds: Mapping[str, Predictions]) -> list[Html]:
    blocks = []
    for name, readings in kinds.items():
        blocks.append(report.heading(f"{name} ({readings.run.description})" if name == HELD_OUT else name))
        blocks.append(evaluation_report.score_table(readings.evaluation().named_scores))
    return [*blocks, report.text(evaluation_report.ABOUT_INTERVALS)]


def _worst_signs(readings: Predictions, result: Evaluation, words: Mapping[int, Sign]) -> list[Html]:
    """The signs read worst: wrongly read takes, then what was learned of the sign and of what it is read as."""
    if not result.wrong_signs:
        return [report.text("Every take was read rightly.")]
    about = report.text(
        f"{len(result.wrong_signs)} signs were not always read rightly; here the worst, at most {_WORST}, with at most "
        f"{_TAKES} of their wrongly read takes (red). Beside them one take that was learned of the sign, and one of "
        "what it is mostly read as."
    )
    origins = [row.provenance for row in readings.store.rows]
    learned = {origins[number].sign_id: number for number in select_exemplars(origins, readings.run.train, 1)}
    wrong = [place for place, rank in enumerate(readings.target_ranks.tolist()) if rank > 0]
    galleries = []
    for sign in result.wrong_signs[:_WORST]:
        places = [place for place in wrong if readings.provenances[place].sign_id == sign]
        films = [_wrong(readings, place, words) for place in places[:_TAKES]]
        mostly = next(one.predicted for one in result.confusions if one.sign_id == sign)
        films += [_learned(readings, learned[other], words) for other in (sign, mostly) if other in learned]
        title = report.joined(
            evaluation_report.in_full(sign, words),
            f": {len(places)} of {result.by_sign[sign].count} read wrongly, mostly as ",
            named(mostly, words),
        )
        galleries.append(Html(report.heading(title) + gallery(films)))
    return [about, HOLD_STILL, report.columns(galleries)]


def _wrong(readings: Predictions, place: int, words: Mapping[int, Sign]) -> tuple[Html, Html]:
    caption = report.lines([origin_told(readings, place), *reading_told(readings, place, words)])
    return skeleton_animation(
        readings.take(place), f"a take of sign {readings.provenances[place].sign_id}", "wrong"
    ), caption


def _learned(readings: Predictions, number: int, words: Mapping[int, Sign]) -> tuple[Html, Html]:
    take = readings.store.take(number)
    sign = take.provenance.sign_id
    caption = report.lines(
        [report.joined("learned as ", named(sign, words)), f"signer {take.provenance.signer or 'unknown'}"]
    )
    return skeleton_animation(take, f"a take learned as sign {sign}"), caption


def origin_told(readings: Predictions, place: int) -> str:
    """Whose take it is, in short."""
    origin = readings.provenances[place]
    return f"signer {origin.signer or 'unknown'}, {'test clip' if origin.split == 'test' else 'held out'}"


def reading_told(readings: Predictions, place: int, words: Mapping[int, Sign]) -> list[Html]:
    """What a take was read as and how likely, and where its own sign came if that was something else."""
    probabilities = readings.probabilities()[place]
    best, rank = int(probabilities.argmax()), int(readings.target_ranks[place])
    read = readings.run.signs[best].sign_id if best < len(readings.run.signs) else None
    told = [report.joined("read as ", named(read, words), f", {percent(float(probabilities[best]))}")]
    if rank:
        told.append(report.joined(f"itself {percent(float(probabilities[readings.targets[place]]))}, place {rank + 1}"))
    return told
