"""The report of a run as one HTML file: curves, scores on unseen takes, the worst signs, and the run's metadata."""

from collections.abc import Mapping, Sequence
from typing import Final

from markupsafe import Markup

from models.labels import Sign
from trainer.data.sign_names import name_sign
from trainer.evaluation.metrics import Evaluation
from trainer.evaluation.predictions import HELD_OUT, TEST_CLIPS, Predictions
from trainer.reports import html
from trainer.reports.ablation_report import ablation_section
from trainer.reports.calibration_section import calibration_section
from trainer.reports.confusion_section import confusion_section
from trainer.reports.curves import Curve, curves_section, read_curves
from trainer.reports.facts import run_facts
from trainer.reports.formatting import interval, percent
from trainer.reports.score_tables import ABOUT_INTERVALS, score_table, sign_table
from trainer.reports.sign_labels import full_sign_label, sign_label
from trainer.reports.skeleton_animation import PAUSE_SWITCH, skeleton_animation
from trainer.reports.take_captions import prediction_caption, source_caption
from trainer.training.exemplars import select_exemplars

_MAX_SIGNS: Final = 12  # signs whose takes are shown
_MAX_TAKES: Final = 4  # of each
_SHORT_NAMES: Final = {HELD_OUT: "held out", TEST_CLIPS: "test clips"}


def to_html(predictions: Predictions, others: Sequence[Predictions] = ()) -> str:
    """Return the report of the run that made these predictions for unseen takes, compared with other runs if given."""
    run, evaluation = predictions.run, predictions.evaluation()
    signs = run.signs_by_id
    curves = read_curves(run.folder)
    sources = predictions.by_source
    sections = {
        "Summary": [html.paragraph(summary(predictions)), _tiles(sources, curves)],
        "Curves": curves_section({run.folder.name: curves}),
        "Scores": _scores(sources),
        "Calibration": _calibration(*next(iter(sources.items()))),
        "Confusions": confusion_section(evaluation, signs),
        "Worst signs": _worst_signs(predictions, evaluation, signs),
        "Each sign": [sign_table(evaluation, signs)],
    }
    if others:
        sections["Comparison with other runs"] = ablation_section([predictions, *others])
    sections["Metadata"] = [html.table(["fact", ""], list(run_facts(run).items()))]
    return html.page(f"Run {run.folder.name}", sections)


def summary(predictions: Predictions) -> str:
    """Return sentences on what was trained and evaluated."""
    run = predictions.run
    return (
        f"{run.recipe.epochs} epochs on {len(run.train)} takes of {len(run.signs)} signs; {run.description}. Evaluated "
        f"on {len(predictions)} takes that it was not trained on, with the network at the end of training."
    )


def _calibration(source: str, predictions: Predictions) -> list[Markup]:
    """Return the calibration as trained, and at the temperature that fits these takes."""
    temperature = predictions.temperature()
    about = (
        f"Measured on: {source[:1].lower()}{source[1:]} ({len(predictions)} takes). The temperature that fits these "
        f"takes, as an export fits it, is {temperature:.2f}; on others it will fit a little less."
    )
    evaluations = {"as trained": predictions.evaluation(), f"at {temperature:.2f}": predictions.evaluation(temperature)}
    return [html.paragraph(about), *calibration_section(evaluations)]


def _tiles(sources: Mapping[str, Predictions], curves: Mapping[str, Curve]) -> Markup:
    figures = []
    for name, predictions in sources.items():
        score = predictions.evaluation().overall
        short = _SHORT_NAMES[name]
        figures.append(
            (f"{short}: top-1", percent(score.top1), f"{interval(score.top1_interval)}, {score.count} takes")
        )
        figures.append((f"{short}: top-5", percent(score.top5), interval(score.top5_interval)))
    first = next(iter(sources.values())).evaluation()
    figures.append(("NLL", f"{first.nll:.2f}", "lower is better"))
    figures.append(("calibration error", f"{first.calibration_error:.3f}", "as trained"))
    if (loss := curves.get("loss/train")) is not None and (seconds := loss.seconds_per_step) is not None:
        figures.append(("epochs", str(len(loss.steps)), f"{seconds:.1f} s each"))
    return html.tiles(figures)


def _scores(sources: Mapping[str, Predictions]) -> list[Markup]:
    blocks = []
    for name, predictions in sources.items():
        blocks.append(html.heading(f"{name} ({predictions.run.description})" if name == HELD_OUT else name))
        blocks.append(score_table(predictions.evaluation().named_scores))
    return [*blocks, html.paragraph(ABOUT_INTERVALS)]


def _worst_signs(predictions: Predictions, evaluation: Evaluation, signs: Mapping[int, Sign]) -> list[Markup]:
    """Return wrong takes of the worst signs, each beside training takes of the true and of the predicted sign."""
    if not evaluation.wrong_signs:
        return [html.paragraph("Every take was classified correctly.")]
    about = html.paragraph(
        f"{len(evaluation.wrong_signs)} signs have a wrong prediction; here are the worst, at most {_MAX_SIGNS}, with "
        f"at most {_MAX_TAKES} of their wrong takes (red). Beside them are one training take of the sign, and one of "
        "the sign that it is mostly confused with."
    )
    provenances = [row.provenance for row in predictions.store.rows]
    exemplars = {provenances[n].sign_id: n for n in select_exemplars(provenances, predictions.run.train, 1)}
    wrong = [position for position, rank in enumerate(predictions.target_ranks.tolist()) if rank > 0]
    galleries = []
    for sign in evaluation.wrong_signs[:_MAX_SIGNS]:
        positions = [position for position in wrong if predictions.provenances[position].sign_id == sign]
        animations = [_wrong_take(predictions, position, signs) for position in positions[:_MAX_TAKES]]
        mostly = next(one.predicted for one in evaluation.confusions if one.sign_id == sign)
        animations += [
            _training_take(predictions, exemplars[other], signs) for other in (sign, mostly) if other in exemplars
        ]
        title = html.join(
            full_sign_label(sign, signs),
            f": {len(positions)} of {evaluation.by_sign[sign].count} wrong, mostly confused with ",
            sign_label(mostly, signs),
        )
        galleries.append(html.join(html.heading(title), html.gallery(animations)))
    return [about, PAUSE_SWITCH, html.columns(galleries)]


def _wrong_take(predictions: Predictions, position: int, signs: Mapping[int, Sign]) -> tuple[Markup, Markup]:
    caption = html.lines([source_caption(predictions, position), *prediction_caption(predictions, position, signs)])
    alt = f"a take of {name_sign(signs[predictions.provenances[position].sign_id or 0])}"
    return skeleton_animation(predictions.take(position), alt, "wrong"), caption


def _training_take(predictions: Predictions, index: int, signs: Mapping[int, Sign]) -> tuple[Markup, Markup]:
    take = predictions.store.take(index)
    sign = take.provenance.sign_id
    caption = html.lines(
        [html.join("training take of ", sign_label(sign, signs)), f"signer {take.provenance.signer or 'unknown'}"]
    )
    return skeleton_animation(take, f"a training take of {name_sign(signs[sign or 0])}"), caption
