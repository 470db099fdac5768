"""The store of a run: what the run was trained on, recognised by the SHA-256 of its content that the run holds."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.take import StoredTake
from trainer.data.store import Store, StoreUnusable
from trainer.data.store_builder import build_store
from trainer.data.store_sources import is_built_from
from trainer.training.run import Run
from trainer.training.run_metadata import RUN_METADATA, RunUnusable, read_run_metadata

RUN_STORE: Final = "takes.store"


def open_store(run: Run, folder: Path | None = None) -> Store:
    """Open the store that a run was trained on, by default the one in its folder. Raises StoreUnusable, RunUnusable."""
    folder = folder or run.folder / RUN_STORE
    if not folder.is_dir():
        raise RunUnusable(
            f"there is no store {folder}; name the store that {run.folder} was trained on with --store, or run its "
            "training again with the same takes, which builds it anew"
        )
    store = Store(folder)
    check_store(run, store)
    return store


def check_store(run: Run, store: Store) -> None:
    """Raise RunUnusable if a run was trained on another store."""
    is_within = max((*run.train, *run.validation), default=0) < len(store)
    if not (is_within and _is_trained_on(run.metadata, store)):
        raise RunUnusable(
            f"{run.folder} was trained on another store than the one given; name its own with --store, or train it "
            "anew on the takes as they are now"
        )


def consents_of(run: Run, store: Store) -> frozenset[str]:
    """Return the numbers of the consents to the takes that a run was made with, and to those behind its parent."""
    own = (store.rows[number].consent_id for number in (*run.train, *run.validation))
    return run.parent_consents.union(number for number in own if number is not None)


def open_or_build_store(takes: Sequence[Path], folder: Path, run: Path, parts: frozenset[Part] | None = None) -> Store:
    """Open a store if it holds exactly these takes as they are now; otherwise build it.

    A run in the run folder, or one that left a signer out below it, keeps the store that it was trained on. The parts
    are by default those of the first take. Raises RunUnusable, StoreUnusable, TakeDamaged.
    """
    if is_built_from(folder, takes):
        with suppress(StoreUnusable):  # it is damaged, and its takes are here
            return Store(folder)
    trained = {
        path.parent: read_run_metadata(path.parent)
        for path in (run / RUN_METADATA, *sorted(run.glob(f"without-*/{RUN_METADATA}")))
        if path.is_file()
    }

    def check(new: Store) -> None:
        for one, metadata in trained.items():
            if not _is_trained_on(metadata, new):
                raise RunUnusable(
                    f"{one} was trained on other takes than those named{_difference(folder, new)}; name "
                    "another folder with --run"
                )

    return build_store(takes, parts or _parts_of(takes[0]), folder, check=check)


def _parts_of(take: Path) -> frozenset[Part]:
    """Return the parts to store of takes like this one."""
    stored = StoredTake.load(take)
    extraction = stored.provenance.extraction
    return DEFAULT_PARTS | (frozenset(stored.parts if extraction is None else extraction.parts) & {Part.FACE})


def _is_trained_on(metadata: dict[str, Any], store: Store) -> bool:
    """Compare a run's metadata with a store; those of an early release have only the number of takes."""
    if "store" in metadata:
        return bool(metadata["store"] == store.fingerprint)
    return bool(metadata.get("takes") == len(store))


def _difference(folder: Path, new: Store) -> str:
    """Describe how the takes of a new store differ from those of the store in a folder, if there is one."""
    try:
        old = Store(folder)
    except StoreUnusable:
        return ""
    before, now = _contents(old), _contents(new)
    added, gone = len(now.keys() - before.keys()), len(before.keys() - now.keys())
    changed = sum(before[key] != now[key] for key in before.keys() & now.keys())
    return f" ({added} new, {changed} changed, {gone} gone)"


def _contents(store: Store) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Return what a store holds of each take, by clip and variant."""
    return {
        (row.provenance.clip, row.provenance.variant): (
            row.provenance,
            store.points[row.start : row.stop].tobytes(),
            store.times[row.start : row.stop].tobytes(),
        )
        for row in store.rows
    }
