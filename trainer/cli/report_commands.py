"""Runs `ishara-trainer report` and `compare`."""

import argparse

from trainer.evaluation.comparison import compare
from trainer.evaluation.paired import pair_predictions
from trainer.evaluation.predictions import predict_unseen
from trainer.reports import comparison_report, comparison_text, run_report
from trainer.targets import write_file
from trainer.training.run import open_run
from trainer.training.run_store import open_store


def run_report_command(options: argparse.Namespace) -> int:
    """Write the report of a run."""
    runs = [open_run(folder) for folder in (options.run, *options.others)]
    predictions, *others = [predict_unseen(run, open_store(run, options.store)) for run in runs]
    write_file(options.to, run_report.to_html(predictions, others))
    print(f"wrote {options.to}: {run_report.summary(predictions)}")
    return 0


def run_compare(options: argparse.Namespace) -> int:
    """Compare two runs on the takes that neither was trained on."""
    runs = [open_run(folder) for folder in (options.first, options.second)]
    comparison = compare(pair_predictions(*(predict_unseen(run, open_store(run, options.store)) for run in runs)))
    print(comparison_text.to_json(comparison) if options.json else comparison_text.to_table(comparison))
    if options.html is not None:
        write_file(options.html, comparison_report.to_html(comparison))
    return 0
