"""Arguments of `ishara-edge captions`."""

import argparse
import re
from pathlib import Path
from typing import Final

from edge.monitoring.status import Component, Obstacle
from edge.sinks.captions.fonts import TYPEFACES
from edge.sinks.captions.theme import THEMES
from landmarkers.errors import UserError
from landmarkers.numbers import read_decimal

_WORDS: Final = ("يقف=stand", "قلب=heart", "جهاز تنفسي=respiratory system", "قصبة هوائية=trachea")
_MIN_PX: Final = 320
_MAX_PX: Final = 7680


class ImageNotWritable(UserError):
    """The image cannot be written; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--png", type=Path, required=True, metavar="FILE", help="the image file to write")
    parser.add_argument("--size", type=_size, default=(1920, 1080), metavar="WxH", help="default: 1920x1080")
    parser.add_argument(
        "--words",
        nargs="+",
        default=_WORDS,
        metavar="WORD",
        help="the recognised words, the newest last; WORD=ENGLISH adds English",
    )
    parser.add_argument(
        "--confidence", type=_confidence, default=1.0, metavar="SHARE", help="of the newest word, 0 to 1 (default: 1)"
    )
    parser.add_argument("--take", type=Path, metavar="FILE", help="a recorded take, for the skeleton in the preview")
    parser.add_argument(
        "--lost",
        nargs="+",
        default=[],
        choices=[Component.CAMERA.value, Component.BROKER.value],
        help="faulty components in the status line",
    )
    parser.add_argument("--paused", action="store_true", help="as while the device is paused")
    parser.add_argument(
        "--obstacle", default="", choices=[one.value for one in Obstacle], help="as while the signer cannot be read"
    )
    parser.add_argument("--show", choices=("utterances", "words"), help="instead of the configured choice")
    parser.add_argument("--theme", choices=sorted(THEMES), help="instead of the configured theme")
    parser.add_argument("--typeface", choices=sorted(TYPEFACES), help="instead of the configured typeface")
    parser.add_argument(
        "--text-size", type=_text_size, metavar="SHARE", help="instead of the configured size, 0.5 to 1.25"
    )
    parser.add_argument("--english", action=argparse.BooleanOptionalAction, help="instead of the configured choice")


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch("([0-9]{2,5})x([0-9]{2,5})", text)
    if match is None or not all(_MIN_PX <= int(side) <= _MAX_PX for side in match.groups()):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a size; give width and height of {_MIN_PX} to {_MAX_PX} pixels, like 1920x1080"
        )
    return int(match[1]), int(match[2])


def _confidence(text: str) -> float:
    return _share(text, 0.0, 1.0)


def _text_size(text: str) -> float:
    return _share(text, 0.5, 1.25)


def _share(text: str, lowest: float, highest: float) -> float:
    try:
        share = read_decimal(text)
    except ValueError:
        share = -1.0
    if not lowest <= share <= highest:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {lowest:g} to {highest:g}")
    return share
