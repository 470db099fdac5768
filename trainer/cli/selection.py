"""Selects clips and takes by `--signs` and `--split`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from landmarkers.take import Take
from trainer.data.clip import Clip, DatasetUnreadable
from trainer.data.dataset import find_clips


def select_clips(dataset: Path, options: argparse.Namespace) -> list[Clip]:
    """Return the clips of a data set that were asked for. Raises DatasetUnreadable if there are none."""
    clips = [clip for clip in find_clips(dataset) if is_selected(clip.sign_id, clip.split, options)]
    if not clips:
        raise DatasetUnreadable(f"{dataset} holds no clip of the signs and split asked for")
    return clips


def load_selected_takes(paths: Sequence[Path], options: argparse.Namespace) -> list[Take]:
    """Load the takes that were asked for, without augmented variants. Raises TakeDamaged."""
    takes = map(Take.load, tqdm(paths, "load", unit="take"))
    return [
        take
        for take in takes
        if take.provenance.variant == 0 and is_selected(take.provenance.sign_id, take.provenance.split, options)
    ]


def is_selected(sign_id: int | None, split: str | None, options: argparse.Namespace) -> bool:
    """Return True if a clip of this sign and split was asked for."""
    return (options.signs is None or sign_id in options.signs) and options.split in (split, "all")
