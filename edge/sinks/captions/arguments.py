"""What `ishara-edge captions` takes."""

import argparse
import re
from pathlib import Path
from typing import Final

from edge.monitoring.status import Component
from edge.sinks.captions.fonts import TYPEFACES
from edge.sinks.captions.theme import THEMES
from landmarkers.errors import UserError

_WORDS: Final = ("يقف=stand", "قلب=heart", "جهاز تنفسي=respiratory system", "قصبة هوائية=trachea")
_SMALLEST: Final = 320
_LARGEST: Final = 7680


class PictureImpossible(UserError):
    """A picture that cannot be drawn or written; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--png", type=Path, required=True, metavar="FILE", help="where the picture is written")
    parser.add_argument("--size", type=_size, default=(1920, 1080), metavar="WxH", help="default: 1920x1080")
    parser.add_argument(
        "--words",
        nargs="+",
        default=_WORDS,
        metavar="WORD",
        help="what was said, the newest last; WORD=ENGLISH adds English",
    )
    parser.add_argument(
        "--confidence", type=_share, default=1.0, metavar="SHARE", help="of the newest word, 0 to 1 (default: 1)"
    )
    parser.add_argument("--take", type=Path, metavar="FILE", help="a recorded take, for the skeleton in the preview")
    parser.add_argument(
        "--lost",
        nargs="+",
        default=[],
        choices=[Component.CAMERA.value, Component.BROKER.value],
        help="what the state line tells",
    )
    parser.add_argument("--paused", action="store_true", help="as while the device is paused")
    parser.add_argument("--theme", choices=sorted(THEMES), help="instead of the configured one")
    parser.add_argument("--typeface", choices=sorted(TYPEFACES), help="instead of the configured one")
    parser.add_argument("--english", action=argparse.BooleanOptionalAction, help="instead of what is configured")


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text)
    if found is None or not all(_SMALLEST <= int(side) <= _LARGEST for side in found.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size of {_SMALLEST} to {_LARGEST}, like 1920x1080")
    return int(found[1]), int(found[2])


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 0 to 1")
    return share
