"""Feeds parsers with hostile inputs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import InMemoryExampleDatabase

from landmarkers.errors import UserError
from tests.fuzz import device, stored_files, web, workstation
from tests.fuzz.limits import TooExpensive, limited
from tests.fuzz.parser import Parse, Parser

_ENTROPY_BYTES: Final = 4096  # of each input
_SHOWN_BYTES: Final = 2000


@contextmanager
def all_parsers() -> Iterator[list[Parser]]:
    """Provide every parser of bytes that come from outside. A new one belongs into one of these modules."""
    with tempfile.TemporaryDirectory() as scratch:
        modules = (stored_files, device, web, workstation)
        yield [parser for module in modules for parser in module.parsers(_new_folder(Path(scratch), module.__name__))]


def fuzz(parser: Parser, folder: Path, inputs: int, seed: int) -> None:
    """Feed a parser with so many inputs, others with each seed.

    Fails with the smallest input that raises what is no refusal, or takes too long or too much memory.
    """
    parse = parser.prepare(folder)

    @settings(
        database=InMemoryExampleDatabase(),
        deadline=None,
        phases=(Phase.reuse, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(parser.mutate(parser.examples))
    def feed(content: bytes) -> None:
        _check(parser, parse, content)

    random = Random(seed)
    try:
        for _ in range(inputs):  # faster than Hypothesis's own search, whose memory of all that it tried grows
            feed.hypothesis.fuzz_one_input(random.randbytes(_ENTROPY_BYTES))  # type: ignore[attr-defined]
    except BaseException:
        feed()  # the input is in the database: this makes it smaller, and fails with it
        raise


def _check(parser: Parser, parse: Parse, content: bytes) -> None:
    try:
        with limited():
            parse(content)
    except parser.refusals as refusal:
        sentence = str(refusal)
        if isinstance(refusal, UserError):
            assert "\n" not in sentence, "a refusal is one line"
    except TooExpensive as error:
        error.add_note(f"the input: {content[:_SHOWN_BYTES]!r}")  # Hypothesis shows the input of other failures alone
        raise


def _new_folder(scratch: Path, name: str) -> Path:
    folder = scratch / name.rpartition(".")[2]
    (folder / "takes").mkdir(parents=True)
    return folder
