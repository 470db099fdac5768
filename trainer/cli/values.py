"""Values of `ishara-trainer`'s arguments, read from text; what is none is refused with one sentence."""

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch

from models.manifest import BUNDLE_NAME
from trainer.training.distributed import local_device

LONGEST_MINUTES: Final = 600


def sign_numbers(text: str) -> frozenset[int]:
    """`1-70,77` as numbers."""
    numbers: set[int] = set()
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise argparse.ArgumentTypeError(f"{text} is not a list of signs like 1-70,77")
        numbers |= set(range(int(first), int(last or first) + 1))
    return frozenset(numbers)


def whole_numbers(text: str) -> tuple[int, ...]:
    """`10,15,30` as numbers from 1 on."""
    read = whole_number(1)
    return tuple(read(piece) for piece in text.split(","))


def minutes(text: str) -> float:
    """A time in minutes, 0 for none."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= LONGEST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text} is not a number of minutes from 0 to {LONGEST_MINUTES}")
    return number


def whole_number(least: int) -> Callable[[str], int]:
    """A reader of whole numbers from `least` on."""

    def read(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} on")
        return int(text)

    return read


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 1")
    return number


def above_zero(text: str) -> float:
    """A number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def file_to_write(text: str) -> Path:
    """A file in a folder that is there."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is a folder, not a file")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} cannot be written: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text} cannot be written: it is not allowed")
    return path


def device(text: str) -> str:
    """A device that torch can use here; each of torchrun's processes has a GPU of its own."""
    try:
        torch.zeros(1, device=local_device(text))
    except (RuntimeError, AssertionError) as error:
        raise argparse.ArgumentTypeError(f"torch cannot use {local_device(text)} here") from error
    return local_device(text)


def bundle_name(text: str) -> str:
    """A name that a manifest may carry."""
    if not re.fullmatch(BUNDLE_NAME, text):
        raise argparse.ArgumentTypeError(f"{text} is no bundle name: small letters, digits and hyphens")
    return text
