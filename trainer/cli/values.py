"""Types of command-line values. Each converts text and refuses what does not fit with one sentence.

Nothing heavy is imported before a value needs it: help, shell completion and the command reference use the parser.
"""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landmarkers.command_line import decimal_from, integer_from
from landmarkers.numbers import is_number, read_decimal
from landmarkers.parsing import describe, read_limited
from landmarkers.person import read_person
from landmarkers.plain_text import one_line
from models.sign_number import MAX_SIGN_NUMBER, read_sign_range

MAX_PROCESSES: Final = 1024
_MAX_CARD_TEXT: Final = 10_000

# Copies of RECIPES, Precision and RestVisibility, whose modules import torch, onnx and numpy. A test compares them.
RECIPE_NAMES: Final = ("default", "large", "medium", "small", "tiny", "trial")
PRECISIONS: Final = ("int8", "fp32")
TRACKERS: Final = ("tensorboard", "mlflow", "none")
REST_VISIBILITIES: Final = ("mixed", "always", "never")

SIGNER_FOLDERS: Final = ("folder", "outer-folder")
SPLITS: Final = ("train", "val", "test", "all")


def signer_source(text: str) -> str:
    """Convert where the signer is named: a folder, or a pattern of the file's name."""
    if text not in SIGNER_FOLDERS and text.count("{signer}") != 1:
        raise argparse.ArgumentTypeError(
            f"{text} is neither {' nor '.join(SIGNER_FOLDERS)}, nor a pattern with one {{signer}} such as {{signer}}_*"
        )
    return text


@dataclass(frozen=True, slots=True)
class SignNumbers:
    """The numbers of some signs, as ranges: a range costs no more than a number."""

    ranges: tuple[range, ...]

    def __contains__(self, sign_id: object) -> bool:
        return any(sign_id in one for one in self.ranges)


def sign_ids(text: str) -> SignNumbers:
    """Convert a list of signs like `1-70,77`."""
    try:
        return SignNumbers(tuple(map(read_sign_range, text.split(","))))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def sign_number(text: str) -> tuple[int, int | None]:
    """Convert a sign's number and perhaps its new one, like `1001=7`."""
    old, equals, new = text.partition("=")
    numbers = [old, new] if equals else [old]
    if not all(is_number(number) and int(number) <= MAX_SIGN_NUMBER for number in numbers):
        raise argparse.ArgumentTypeError(
            f"{text} is not a sign's number like 1001, or an old and a new one like 1001=7"
        )
    return int(old), int(new) if equals else None


def positive_integers(text: str) -> tuple[int, ...]:
    """Convert a list of positive integers like `10,15,30`."""
    convert = integer_from(1)
    return tuple(convert(part) for part in text.split(","))


def fraction_below_one(text: str) -> float:
    """Convert a number from 0 to less than 1: of a whole that must not be taken away entirely."""
    number = decimal_from(0, 1)(text)
    if number == 1.0:
        raise argparse.ArgumentTypeError(f"{text} leaves nothing; name a number from 0 to less than 1, such as 0.15")
    return number


def positive_number(text: str) -> float:
    """Convert a finite number above 0."""
    try:
        number = read_decimal(text)
    except ValueError:
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def report_file(text: str) -> Path:
    """Convert the path of a report that can be written: its folder exists, and nothing but a report is replaced."""
    from trainer.targets import TargetRefused, check_report

    try:
        check_report(Path(text))
    except TargetRefused as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return Path(text)


def device(text: str) -> str:
    """Convert the name of a device that torch can use here; each process of torchrun gets a GPU of its own."""
    import torch

    from trainer.training.distributed import local_device

    try:
        torch.zeros(1, device=local_device(text))
    except (RuntimeError, AssertionError) as error:
        raise argparse.ArgumentTypeError(f"torch cannot use {local_device(text)} here") from error
    return local_device(text)


def signer_name(text: str) -> str:
    """Convert a name as consents have it; one that no consent could have stays as a data set writes it."""
    try:
        return read_person(text)
    except ValueError:
        return text


def bundle_name(text: str) -> str:
    """Convert a name that a manifest accepts."""
    from models.manifest import BUNDLE_NAME

    if not re.fullmatch(BUNDLE_NAME, text):
        raise argparse.ArgumentTypeError(f"{text} is not a bundle name: use lower-case letters, digits and hyphens")
    return text


def card_text(text: str) -> str:
    """Convert text for a model card, or the name of a file with such text after an @, to a part of a Markdown section.

    Lines keep their ends; controls and signs of writing direction are removed, and a heading would begin a section.
    """
    content = text
    if text.startswith("@"):
        try:
            content = read_limited(Path(text[1:]), 4 * _MAX_CARD_TEXT).decode()
        except (OSError, ValueError) as error:
            raise argparse.ArgumentTypeError(f"{text[1:]} is not readable UTF-8 text: {describe(error)}") from error
    lines = [one_line(line, _MAX_CARD_TEXT) for line in content.removeprefix("\ufeff").splitlines()]
    plain = "\n".join(f"\\{line}" if line.startswith("#") else line for line in lines).strip()
    if not plain or len(content) > _MAX_CARD_TEXT:
        raise argparse.ArgumentTypeError(f"a text for the card has 1 to {_MAX_CARD_TEXT} characters that can be seen")
    return plain
