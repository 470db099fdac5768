"""Makes up data sets: files whose names alone matter."""

from pathlib import Path

from trainer.data.dataset import Dataset, ReadOptions, read_dataset

Row = tuple[str, int | str, str | None, str]


def make(root: Path, *names: str) -> Path:
    """Create empty files, each with its folders; a name that ends with / is a folder of three numbered pictures."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True)
            for number in (1, 2, 3):
                (path / f"frame_{number:04}.jpg").touch()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return root


def read(root: Path, signer_from: str | None = None, hold_out: str = "none") -> Dataset:
    return read_dataset(root, ReadOptions(signer_from, hold_out))


def rows(dataset: Dataset) -> list[Row]:
    """Return the name, the number or word, the signer and the split of each clip."""
    return [(clip.name, clip.word or clip.sign_id, clip.signer, clip.split) for clip in dataset.clips]
