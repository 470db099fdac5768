"""Hostile inputs of every parser of bytes that come from outside; `make fuzz MINUTES=5` tries many more."""

import itertools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fuzz.fuzzing import all_parsers, fuzz
from tests.fuzz.limits import TooExpensive, limited
from tests.fuzz.parser import Parser

EXAMPLES = 150


@pytest.fixture(scope="module")
def parsers() -> Iterator[list[Parser]]:
    logging.disable()  # each input is logged
    with all_parsers() as found:
        yield found
    logging.disable(logging.NOTSET)


def test_every_input_gives_a_value_or_a_refusal(
    parsers: list[Parser], tmp_path: Path, subtests: pytest.Subtests
) -> None:
    for number, parser in enumerate(parsers):
        with subtests.test(parser.name):
            (folder := tmp_path / str(number)).mkdir()
            fuzz(parser, folder, EXAMPLES)


def test_first_example_is_accepted(parsers: list[Parser], tmp_path: Path, subtests: pytest.Subtests) -> None:
    for number, parser in enumerate(parsers):
        with subtests.test(parser.name):
            (folder := tmp_path / str(number)).mkdir()
            parser.prepare(folder)(parser.examples[0])


def test_loop_without_end_is_found() -> None:
    with pytest.raises(TooExpensive):
        _waste(lambda: sum(1 for _ in itertools.count()))


def test_memory_is_measured() -> None:
    with pytest.raises(TooExpensive):
        _waste(lambda: b"x" * 200_000_000)


def _waste(act: Callable[[], object]) -> None:
    with limited():
        act()
