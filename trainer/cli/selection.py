"""Selects clips and takes by `--signs` and `--split`."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from landmarkers.recording import VIDEO_SUFFIXES
from landmarkers.take import Take
from models.labels import Sign
from trainer.data.clip import DatasetUnreadable
from trainer.data.clip_signs import number_clips
from trainer.data.dataset import Dataset, ReadOptions, read_dataset


def select_clips(
    root: Path, options: argparse.Namespace, labels: Sequence[Sign], suffixes: frozenset[str] = VIDEO_SUFFIXES
) -> Dataset:
    """Read the clips of these suffixes, number them by the words of these labels, and keep those that were asked for.

    Raises WordAmbiguous, and DatasetUnreadable if there are none.
    """
    dataset = read_dataset(root, replace(read_options(options), suffixes=suffixes))
    numbered = number_clips(dataset.clips, labels)
    clips = tuple(clip for clip in numbered if is_selected(clip.sign_id, clip.split, options))
    if not clips:
        raise DatasetUnreadable(f"{root} holds no clip of the signs and split asked for")
    return replace(dataset, clips=clips, passed_over=tuple(set(numbered) - set(clips)))


def read_options(options: argparse.Namespace) -> ReadOptions:
    """Return how a data set is read."""
    return ReadOptions(options.signer_from, options.hold_out)


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
