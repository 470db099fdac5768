"""What a network is taught further from: its weights, its signs, and some of the takes that it was trained on.

A bundle's int8 graph cannot be trained. So a bundle carries `adapt.npz` beside it: `metadata` (JSON: format, recipe,
parts and the takes' provenance), the weights (matrices as float16, the rest as it is) and up to two takes of each sign
in the takes' own int16 steps. With it a user who has no data set can teach a bundle; the device never reads it.
"""

import json
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landmarkers.errors import UserError
from landmarkers.layout import DEFAULT_PARTS, PART_SLICES, POINT_COUNT, Part, parts_in_order
from landmarkers.take import Provenance, Take, dequantise, quantise
from models.bundle import EXEMPLARS, MANIFEST, Bundle, open_bundle
from models.labels import Sign
from trainer.data.store import Store
from trainer.model.network import SignClassifier
from trainer.training.recipe import Recipe
from trainer.training.run import Run, open_run, recipe_of
from trainer.training.run_metadata import RUN_METADATA
from trainer.training.train import build_model, load_trained

FORMAT: Final = 1
IN_A_BUNDLE: Final = 2  # takes of each sign
OF_A_RUN: Final = 12
_WEIGHT: Final = "weight/"
_LARGEST_DIFFERENCE: Final = 0.1  # of a probability, between these weights and the bundle's int8 answer to its probe


class ParentModelUnusable(UserError):
    """A bundle or run that nothing can be taught to; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class ParentModel:
    """A trained network with takes of its signs to rehearse."""

    title: str
    recipe: Recipe
    signs: tuple[Sign, ...]
    landmarker: str
    parts: frozenset[Part]
    weights: Mapping[str, Tensor]
    exemplars: tuple[Take, ...]

    def build(self) -> SignClassifier:
        """The network, as it was. Raises AncestorUnusable."""
        recogniser = build_model(self.recipe, self.signs)
        try:
            recogniser.load_state_dict(dict(self.weights))
        except RuntimeError as error:
            raise ParentModelUnusable(
                f"the weights of {self.title} are of another kind of network than this"
            ) from error
        return recogniser.eval()


def open_parent_model(folder: Path, store: Path | None = None) -> ParentModel:
    """The ancestor that a bundle or a run is; `store` is the run's, where it is not in its folder.

    Raises AncestorUnusable, BundleRefused, RunUnusable, StoreUnusable.
    """
    if (folder / MANIFEST).is_file():
        return _of_bundle(open_bundle(folder))
    if (folder / RUN_METADATA).is_file():
        run = open_run(folder)
        return _of_run(run, Store(store or folder / "takes.store"))
    raise ParentModelUnusable(f"{folder} is neither a bundle nor a run")


def save_exemplars(path: Path, recogniser: SignClassifier, run: Run, store: Store) -> None:
    """Write the `adapt.npz` of a run's calibrated network."""
    origins = [row.provenance for row in store.rows]
    takes = [store.take(number) for number in select_exemplars(origins, run.train, IN_A_BUNDLE)]
    parts = parts_in_order(frozenset(store.parts) & DEFAULT_PARTS)
    columns = _columns(parts)
    metadata = {
        "format": FORMAT,
        "recipe": run.recipe.as_content(),
        "parts": parts,
        "provenance": [asdict(take.provenance) for take in takes],
    }
    content: dict[str, NDArray[Any]] = {
        "metadata": np.array(json.dumps(metadata)),
        "points": np.concatenate([quantise(take.points[:, columns]) for take in takes]),
        "times": np.concatenate([take.times - take.times[0] for take in takes]).astype(np.float32),
        "ends": np.cumsum([len(take) for take in takes]),
    }
    for name, weight in recogniser.state_dict().items():
        # Norms and their statistics span more than half precision does, and are few.
        content[_WEIGHT + name] = (weight.half() if weight.ndim > 1 else weight).numpy()
    np.savez_compressed(path, allow_pickle=False, **content)


def select_exemplars(origins: Sequence[Provenance], numbers: Sequence[int], per_sign: int) -> list[int]:
    """Up to so many takes of each sign: clips as they were recorded before views, and of as many signers as can be."""
    by_sign: dict[int | None, list[int]] = defaultdict(list)
    for number in sorted(numbers, key=lambda number: (origins[number].clip, origins[number].variant)):
        by_sign[origins[number].sign_id].append(number)
    chosen: list[int] = []
    for candidates in by_sign.values():
        taken: Counter[tuple[bool, str | None]] = Counter()
        ranked = []
        for number in candidates:
            kind = (origins[number].variant > 0, origins[number].signer)
            ranked.append((kind[0], taken[kind], number))
            taken[kind] += 1
        chosen += [number for *_, number in sorted(ranked)[:per_sign]]
    return sorted(chosen)


def _of_run(run: Run, store: Store) -> ParentModel:
    chosen = select_exemplars([row.provenance for row in store.rows], run.train, OF_A_RUN)
    return ParentModel(
        run.folder.name,
        run.recipe,
        run.signs,
        run.landmarker,
        frozenset(store.parts),
        load_trained(run.folder, run.recipe, run.signs).state_dict(),
        tuple(store.take(number) for number in chosen),
    )


def _of_bundle(bundle: Bundle) -> ParentModel:
    path, title = bundle.folder / EXEMPLARS, bundle.manifest.title
    if EXEMPLARS not in bundle.manifest.files:
        raise ParentModelUnusable(
            f"{title} cannot be taught: it carries no {EXEMPLARS}; export it anew, or give its run"
        )
    try:
        with np.load(path, allow_pickle=False) as content:
            ancestor = _unpacked(content, bundle)
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ParentModelUnusable(f"{path} is not what this program teaches from; export the bundle anew") from error
    probe = bundle.probe
    with torch.no_grad():
        answer = ancestor.build()(torch.from_numpy(probe.points)[None], torch.from_numpy(probe.times)[None])[0]
    # Other weights, or landmarks prepared otherwise than by the program that trained them.
    if not np.abs(answer.numpy() - probe.probabilities).max() <= _LARGEST_DIFFERENCE:
        raise ParentModelUnusable(f"{path} does not answer the probe as {title} does; export the bundle anew")
    return ancestor


def _unpacked(content: Mapping[str, NDArray[Any]], bundle: Bundle) -> ParentModel:
    metadata = json.loads(str(content["metadata"]))
    if metadata["format"] != FORMAT:
        raise ValueError(f"format {metadata['format']}")
    parts = parts_in_order(frozenset(Part(name) for name in metadata["parts"]))
    columns, stored, times, ends = _columns(parts), content["points"], content["times"], content["ends"].tolist()
    takes = []
    for origin, start, stop in zip(metadata["provenance"], [0, *ends[:-1]], ends, strict=True):
        points = np.full((stop - start, POINT_COUNT, 3), np.nan, np.float32)
        points[:, columns] = dequantise(stored[start:stop])
        takes.append(Take(points, times[start:stop].astype(np.float64), Provenance(**origin)))
    weights = {
        name.removeprefix(_WEIGHT): _widened(torch.from_numpy(content[name]))
        for name in content
        if name.startswith(_WEIGHT)
    }
    return ParentModel(
        bundle.manifest.title,
        recipe_of(metadata["recipe"]),
        bundle.signs,
        bundle.manifest.landmarker,
        frozenset(parts),
        weights,
        tuple(takes),
    )


def _widened(weight: Tensor) -> Tensor:
    return weight.float() if weight.is_floating_point() else weight


def _columns(parts: Sequence[Part]) -> NDArray[np.int64]:
    return np.concatenate([np.arange(POINT_COUNT)[PART_SLICES[part]] for part in parts])
