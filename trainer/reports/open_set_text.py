"""An open-set evaluation as a table for people and as JSON for programs."""

import json
from typing import Any, Final

from trainer.data.sign_names import name_sign
from trainer.evaluation.open_set import Confidences, OpenSetEvaluation, Rate
from trainer.reports.formatting import interval, percent

ABOUT_OPEN_SET: Final = (
    "right words: clips of known signs on which their word is said; wrong words: those on which another is said; false "
    "words: clips of unknown signs on which any word is said; AUROC: the probability that a clip of a known sign gets "
    "a higher confidence than one of an unknown sign. Intervals at 95 %: Wilson's, and of the AUROC Hanley's and "
    "McNeil's; they say nothing about other people"
)


def to_json(result: OpenSetEvaluation) -> str:
    """Return the evaluation as JSON; fractions from 0 to 1."""
    keeping = result.keeping_threshold
    content = {
        "model": result.title,
        "threshold": result.threshold,
        "known_clips": len(result.right),
        "threshold_at_95_percent_of_right_words": keeping,
        "unknown": {name: _source(result, false) for name, false in result.false_by_source.items()},
        "by_threshold": [
            {
                "threshold": threshold,
                "right_words": _rate(Rate.of(result.right, threshold)),
                "wrong_words": _rate(Rate.of(result.wrong, threshold)),
                "false_words": _rate(Rate.of(result.all_false, threshold)),
            }
            for threshold in result.thresholds
        ],
        "said": [
            {
                "clip": clip,
                "sign_id": segment.best.sign.sign_id,
                "word": segment.best.sign.word,
                "word_en": segment.best.sign.word_en,
                "confidence": segment.best.confidence,
            }
            for clip, segment in result.said
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def to_table(result: OpenSetEvaluation) -> str:
    """Return the evaluation for a terminal."""
    keeping = result.keeping_threshold
    rows = [*result.description, "", f"{'threshold':>11} {'right words':>30} {'wrong words':>30} {'false words':>30}"]
    for threshold in result.thresholds:
        rates = (Rate.of(one, threshold) for one in (result.right, result.wrong, result.all_false))
        mark = "*" if threshold == result.threshold else " "
        rows.append(f"{threshold:10.2f}{mark} " + " ".join(f"{show_rate(rate):>30}" for rate in rates))
    rows += ["* the bundle's own", ""]
    rows.append(
        f"{'unknown signs':30} {'clips':>6} {'false words':>30} {'AUROC':>22} {'at 95 % of right words':>30}",
    )
    for name, false in result.false_by_source.items():
        auroc, (low, high) = result.auroc(false)
        said, kept = Rate.of(false, result.threshold), Rate.of(false, keeping)
        rows.append(
            f"{name:30} {len(false):6} {show_rate(said):>30} {f'{auroc:.3f} ({low:.3f} to {high:.3f})':>22} "
            f"{show_rate(kept):>30}"
        )
    rows += [describe_keeping(result), ""]
    rows += [f"{clip}: {name_sign(one.best.sign)}, {percent(one.best.confidence)}" for clip, one in result.said]
    return "\n".join([*rows, "", ABOUT_OPEN_SET])


def describe_keeping(result: OpenSetEvaluation) -> str:
    """Return the threshold that keeps 95 % of the right words, in a clause."""
    return f"95 % of the right words are kept at the threshold of {result.keeping_threshold:.3f}"


def show_rate(rate: Rate) -> str:
    """Format a rate with its interval."""
    return f"{percent(rate.fraction)} ({interval(rate.interval)})"


def _source(result: OpenSetEvaluation, false: Confidences) -> dict[str, Any]:
    auroc, ends = result.auroc(false)
    return {
        "clips": len(false),
        "false_words": _rate(Rate.of(false, result.threshold)),
        "auroc": auroc,
        "auroc_interval": list(ends),
        "false_words_at_95_percent_of_right_words": _rate(Rate.of(false, result.keeping_threshold)),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"said": rate.said, "count": rate.count, "rate": rate.fraction, "interval": list(rate.interval)}
