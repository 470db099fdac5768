"""Compiles loops over takes, frames and points with numba.

Augmentation decides about each take by itself, so its loops are written for one take, in plain Python. As torch
operations on a whole batch they would be some thousand calls on few numbers, and the calls would cost more than the
arithmetic. Compiled loops release the GIL, so threads prepare batches in parallel (trainer/training/prefetch.py).

Compilation takes half a minute; the result is kept in the user's cache. Numba would reuse it as long as a function's
own file is unchanged, even if the functions or constants that it uses have changed; so the cache folder is named after
the contents of all files that contribute to compiled code.
"""

import os
import sys
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
from tqdm import tqdm

Function = TypeVar("Function", bound=Callable[..., object])

# Packages with compiled functions or with constants that they use, and single files with such constants.
_SOURCES: Final = (
    "trainer/data",
    "trainer/model",
    "trainer/augmentation",
    "landmarkers/layout.py",
    "landmarkers/take.py",
)


def source_files(root: Path) -> list[Path]:
    """Return the files below a root folder that contribute to compiled code, in order."""
    files = []
    for source in _SOURCES:
        path = root / source
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return files


def digest_sources(files: Iterable[Path]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 over the contents of files."""
    digest = sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _create_cache_folder() -> Path | None:
    """Return the cache folder for the current sources; None if it cannot be created or written."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = cache / "ishara" / "compiled" / digest_sources(source_files(Path(__file__).parents[2]))
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: the user's home folder is unknown
        return None
    return folder if os.access(folder, os.W_OK) else None


_CACHE_FOLDER: Final = _create_cache_folder()
if _CACHE_FOLDER is not None:
    numba.config.CACHE_DIR = str(_CACHE_FOLDER)  # type: ignore[attr-defined] # created when numba is imported


def announce_compilation() -> None:
    """Print why the first batch takes long, if nothing is compiled yet."""
    if _CACHE_FOLDER is None or not any(_CACHE_FOLDER.rglob("*.nbi")):
        cached = (
            "cached for the next run" if _CACHE_FOLDER is not None else "not cached, as no cache folder is writable"
        )
        tqdm.write(f"compiling the augmentation loops ({cached}); this takes half a minute", file=sys.stderr)


# Options that numba's type stubs lack: they skip wrappers that would be compiled but are never called.
_NO_C_WRAPPER: Final[dict[str, Any]] = {"no_cfunc_wrapper": True}
_NO_WRAPPERS: Final[dict[str, Any]] = {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}


def jit(function: Function) -> Function:
    """Compile a function at its first call."""
    wrapped = numba.njit(nogil=True, cache=_CACHE_FOLDER is not None, error_model="numpy", **_NO_C_WRAPPER)(function)
    return cast("Function", wrapped)


def jit_internal(function: Function) -> Function:
    """Compile a function that only compiled functions call."""
    return cast("Function", numba.njit(error_model="numpy", **_NO_WRAPPERS)(function))
