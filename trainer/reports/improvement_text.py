"""The comparison of a fine-tuned bundle with its parent as a table for people, and as a section of the model card."""

from typing import Final

from trainer.evaluation.improvement import LEVEL, Improvement, TakeGroup
from trainer.reports.formatting import percent, point_interval, points

CARD_HEADING: Final = "## Compared with the parent model"
ABOUT: Final = (
    "Both bundles classify the very same takes, as a device does. A group counts as worse where the new one loses more "
    f"takes than it wins and McNemar's exact one-sided test gives a p of at most {LEVEL}. Rehearsed takes were trained "
    "on, the others by neither bundle."
)
_NOBODY_KNOWS: Final = "no take of them was held out, as nobody made four takes of one sign"


def conclusion(improvement: Improvement) -> str:
    """Return a sentence on whether the new bundle may take the place of the old one."""
    won, lost = (sum(one.is_new_right is right for one in improvement.changed) for right in (True, False))
    figures = f"it wins {won} takes and loses {lost}"
    if improvement.worse:
        titles = " and ".join(group.title for group in improvement.worse)
        return f"{improvement.new} is worse than {improvement.old} on {titles}: {figures}."
    return f"{improvement.new} is nowhere worse than {improvement.old}: {figures}."


def remarks(improvement: Improvement) -> list[str]:
    """Return sentences on what the comparison cannot tell."""
    small = [group.title for group in improvement.groups if group.is_too_small and not group.of_new_words]
    found = [f"Too few takes to tell, whatever is lost: {', '.join(small)}."] if small else []
    if improvement.unmeasured:
        found.append(f"Not measured: devices {', '.join(improvement.unmeasured)}; {_NOBODY_KNOWS}.")
    if improvement.unreviewed:
        found.append(f"{improvement.unreviewed} of the takes were reviewed by nobody (`ishara-trainer review`).")
    return found


def refusal(improvement: Improvement) -> str:
    """Return the sentence that refuses a new bundle that is worse."""
    groups = "; ".join(
        f"{group.title}: {counts.both + counts.only_second} of {counts.count} takes right instead of "
        f"{counts.both + counts.only_first}, p = {counts.p_worse:.2g}"
        for group in improvement.worse
        for counts in (group.counts,)
    )
    return (
        f"{improvement.new} is worse than {improvement.old}, so no bundle is written ({groups}); look through the "
        "takes for wrong ones, or collect more"
    )


def verdict(group: TakeGroup) -> str:
    """Return in a word or two what the figures of a group mean."""
    if group.of_new_words:
        return "not known before"
    if group.is_worse:
        return "worse"
    return "too few to tell" if group.is_too_small else "not worse"


def cells(group: TakeGroup) -> list[str]:
    """Return the figures of a group: takes, both accuracies, their difference with its interval, p and the verdict."""
    counts = group.counts
    figures = [str(counts.count), percent(counts.first), percent(counts.second)]
    if group.of_new_words:
        return [*figures, "", "", "", verdict(group)]
    ends = point_interval(counts.interval)
    return [*figures, points(counts.difference), ends, f"{counts.p_worse:.2g}", verdict(group)]


def head(improvement: Improvement) -> list[str]:
    """Return the titles of the columns."""
    return ["takes of", "count", improvement.old, improvement.new, "difference", "95 % interval", "p worse", ""]


def to_table(improvement: Improvement) -> str:
    """Return the comparison for a terminal."""
    rows = [head(improvement), *([group.title, *cells(group)] for group in improvement.groups)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, len(widths) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([conclusion(improvement), "", *lines, "", ABOUT, *remarks(improvement)])


def to_card_section(improvement: Improvement) -> str:
    """Return the comparison in Markdown."""
    rows = [head(improvement), ["---"] * len(head(improvement))]
    rows += [[group.title, *cells(group)] for group in improvement.groups]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n\n".join([CARD_HEADING, ABOUT, table, *remarks(improvement)])
