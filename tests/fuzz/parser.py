"""One parser of bytes that come from outside, as the fuzzing knows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis.strategies import SearchStrategy

Parse = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser with valid examples and the strategy that makes hostile inputs of them; it accepts the first example.

    It may return whatever it likes, or raise one of its refusals. `prepare` receives an empty folder and returns what
    is called with each input.
    """

    name: str
    examples: Sequence[bytes]
    mutate: Callable[[Sequence[bytes]], SearchStrategy[bytes]]
    prepare: Callable[[Path], Parse]
    refusals: tuple[type[Exception], ...] = ()

    def __str__(self) -> str:
        return self.name


def in_file(name: str, parse: Callable[[Path], object]) -> Callable[[Path], Parse]:
    """Return the preparation of a parser that is called with the path of a file of this name."""

    def prepare(folder: Path) -> Parse:
        path = folder / name

        def write_and_parse(content: bytes) -> object:
            path.write_bytes(content)
            return parse(path)

        return write_and_parse

    return prepare


def in_memory(parse: Parse) -> Callable[[Path], Parse]:
    """Return the preparation of a parser of bytes."""
    return lambda _: parse
