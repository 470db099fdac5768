"""The report of an evaluation as one HTML file."""

from trainer.evaluation.evaluation import EvaluationResult
from trainer.reports import html
from trainer.reports.calibration_section import calibration_section
from trainer.reports.confusion_section import confusion_section
from trainer.reports.evaluation_text import summary
from trainer.reports.score_tables import ABOUT_INTERVALS, score_table, sign_table


def to_html(result: EvaluationResult) -> str:
    """Return the report."""
    evaluation = result.evaluation
    signs = result.signs_by_id
    sentences = [*summary(result), *(f"Not evaluated, as it cannot be read: {clip}" for clip in result.unreadable)]
    sections = {
        "What was evaluated": [html.paragraph(sentence) for sentence in sentences],
        "Scores": [score_table(evaluation.named_scores), html.paragraph(ABOUT_INTERVALS)],
        "Calibration": calibration_section({"as it is": evaluation}),
        "Confusions": confusion_section(evaluation, signs),
        "Each sign": [sign_table(evaluation, signs)],
    }
    return html.page(result.title, sections)
