"""Writes the accuracy of a run on what it was not trained on, as the last lines of a training."""

from trainer.data.store import Store
from trainer.evaluation.predictions import Predictions, predict_unseen, unseen_indices
from trainer.reports.formatting import interval, percent
from trainer.training.run import Run


def to_lines(run: Run, store: Store) -> list[str]:
    """Classify what the run held out and the test clips, and return a line on each. Raises RunUnusable."""
    if not unseen_indices(run, store):
        return ["nothing was held out, so its accuracy is not known: evaluate it on other clips"]
    return [_line(name, predictions) for name, predictions in predict_unseen(run, store).by_source.items()]


def _line(name: str, predictions: Predictions) -> str:
    score = predictions.evaluation().overall
    return f"{name}: top-1 {percent(score.top1)} of {score.count} (95 % interval {interval(score.top1_interval)})"
