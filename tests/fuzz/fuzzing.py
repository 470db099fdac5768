"""Feeds parsers with hostile inputs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from landmarkers.errors import UserError
from tests.fuzz import device, stored_files, web, workstation
from tests.fuzz.limits import limited
from tests.fuzz.parser import Parse, Parser


@contextmanager
def all_parsers() -> Iterator[list[Parser]]:
    """Provide every parser of bytes that come from outside. A new one belongs into one of these modules."""
    with tempfile.TemporaryDirectory() as scratch:
        modules = (stored_files, device, web, workstation)
        yield [parser for module in modules for parser in module.parsers(_new_folder(Path(scratch), module.__name__))]


def fuzz(parser: Parser, folder: Path, examples: int, random_seed: int) -> None:
    """Feed a parser with so many inputs, others with each seed.

    Fails with the smallest input that raises what is no refusal, or takes too long or too much memory.
    """
    parse = parser.prepare(folder)

    @seed(random_seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(parser.mutate(parser.examples))
    def feed(content: bytes) -> None:
        _check(parser, parse, content)

    feed()


def _check(parser: Parser, parse: Parse, content: bytes) -> None:
    try:
        with limited():
            parse(content)
    except parser.refusals as refusal:
        sentence = str(refusal)
        if isinstance(refusal, UserError):
            assert "\n" not in sentence, "a refusal is one line"


def _new_folder(scratch: Path, name: str) -> Path:
    folder = scratch / name.rpartition(".")[2]
    (folder / "takes").mkdir(parents=True)
    return folder
