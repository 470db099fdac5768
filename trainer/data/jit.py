"""Loops over takes, frames and points, compiled for processors by numba.

What is decided about each take by itself is told as it is: for one take, in plain Python. As operations of torch on a
whole batch the same would be some thousand calls on few numbers, which cost more than the numbers. Compiled loops leave
Python's lock free, so threads make batches side by side (trainer/training/prefetch.py).

Compiling takes half a minute; what comes of it is kept in the user's cache. Numba would find it there as long as a
function's own file is the same, whatever became of the functions that it calls; so it lies in a folder that is named
after the contents of all these files.
"""

import os
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
from tqdm import tqdm

Function = TypeVar("Function", bound=Callable[..., object])


def _kept_in() -> Path | None:
    """The folder for what is compiled of the sources as they are now; None where none can be made."""
    digest = sha256()
    for source in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(source.read_bytes())
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = cache / "ishara" / "compiled" / digest.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # the latter where nobody's home is known
        return None
    return folder if os.access(folder, os.W_OK) else None


_FOLDER: Final = _kept_in()
if _FOLDER is not None:
    numba.config.CACHE_DIR = str(_FOLDER)  # type: ignore[attr-defined] # made when numba is imported


def announce_compilation() -> None:
    """Say why the first batch takes its time, where nothing is compiled yet."""
    if _FOLDER is None or not any(_FOLDER.rglob("*.nbi")):
        kept = (
            "and keeping that for the next time"
            if _FOLDER is not None
            else "as no folder can be written to keep that in"
        )
        tqdm.write(f"compiling the loops that change takes, {kept}; half a minute", file=sys.stderr)


# What numba's own types do not know of: wrappers that would be compiled and that nobody calls.
_WITHOUT_C: Final[dict[str, Any]] = {"no_cfunc_wrapper": True}
_WITHOUT_ANY: Final[dict[str, Any]] = {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}


def jit(function: Function) -> Function:
    """The function, compiled when it is first called."""
    wrapped = numba.njit(nogil=True, cache=_FOLDER is not None, error_model="numpy", **_WITHOUT_C)(function)
    return cast("Function", wrapped)


def jit_internal(function: Function) -> Function:
    """A function that others call which are compiled, and nobody else."""
    return cast("Function", numba.njit(error_model="numpy", **_WITHOUT_ANY)(function))
