"""Lines of text read from streams, as JSON for programs and as a table for a terminal."""

from collections.abc import Sequence
from typing import Any

from models.labels import SIGN_KINDS, SignKind
from models.manifest import Manifest
from trainer.evaluation.lines import LineResult
from trainer.evaluation.metrics import wilson_interval
from trainer.reports.formatting import interval, percent


def to_dict(manifest: Manifest, rates: Sequence[tuple[int, Sequence[LineResult]]]) -> dict[str, Any]:
    """Return the content of the command's JSON: the lines of each frame rate."""
    return {"model": manifest.title, "rates": [_rate(rate, lines) for rate, lines in rates]}


def to_table(manifest: Manifest, rates: Sequence[tuple[int, Sequence[LineResult]]]) -> str:
    """Return the shares with their intervals, and the lines that are wrong."""
    text = [f"{manifest.title}, shares with 95 % intervals"]
    for rate, lines in rates:
        right = sum(line.is_right for line in lines)
        text.append(f"{rate} frames a second: right lines {_share(right, len(lines))}")
        readable = [line.is_right for line in lines if line.is_readable]
        text.append(f"  of those whose clips are all read alone: {_share(sum(readable), len(readable))}")
        text += [f"  signs of kind {kind}: {_share(*_count(lines, kind))}" for kind in SIGN_KINDS]
        text.append(f"  inserted signs: {sum(line.inserted for line in lines)}")
        text += [f"  signed {line.signed!r}, read {line.read!r}" for line in lines if not line.is_right]
    return "\n".join(text)


def _rate(rate: int, lines: Sequence[LineResult]) -> dict[str, Any]:
    return {
        "rate": rate,
        "lines": len(lines),
        "right": sum(line.is_right for line in lines),
        "readable": sum(line.is_readable for line in lines),
        "readable_right": sum(line.is_readable and line.is_right for line in lines),
        "signs": {kind: dict(zip(("right", "count"), _count(lines, kind), strict=True)) for kind in SIGN_KINDS},
        "inserted": sum(line.inserted for line in lines),
        "texts": [{"signed": line.signed, "read": line.read} for line in lines],
    }


def _count(lines: Sequence[LineResult], kind: SignKind) -> tuple[int, int]:
    counts = [line.counts[kind] for line in lines]
    return sum(right for right, _ in counts), sum(count for _, count in counts)


def _share(right: int, count: int) -> str:
    if not count:
        return "none"
    share = right / count
    return f"{right} of {count}, {percent(share)} ({interval(wilson_interval(share, count))})"
