"""`make fuzz MINUTES=5`: feeds every parser with new hostile inputs for so long, and prints what went wrong."""

import argparse
import logging
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tqdm import tqdm

from tests.fuzz.fuzzing import all_parsers, fuzz
from tests.fuzz.parser import Parser


def main() -> int:
    """Return 1 if any input raised what is no refusal, or took too much."""
    options = argparse.ArgumentParser(prog="tests.fuzz")
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--inputs", type=int, default=1000, help="of each parser in one round (default: %(default)s)")
    options.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="repeats an earlier run")
    options.add_argument("--only", default="", help="the parsers whose name contains this")
    chosen = options.parse_args()
    logging.disable()
    until, random_seed, failed = time.monotonic() + chosen.minutes * 60.0, chosen.seed, 0
    with all_parsers() as parsers, tempfile.TemporaryDirectory() as scratch:
        wanted = [parser for parser in parsers if chosen.only in parser.name]
        while not failed:
            began = time.monotonic()
            for parser in tqdm(wanted, "parsers"):
                folder = Path(tempfile.mkdtemp(dir=scratch))
                try:
                    _check_first_example(parser, folder)
                    fuzz(parser, folder, chosen.inputs, random_seed)
                except BaseException as error:  # whatever it is, it is the finding
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    failed += 1
                    print(f"--- {parser.name}, --seed {random_seed}")
                    traceback.print_exception(error, limit=-6, file=sys.stdout)
            seconds = time.monotonic() - began
            inputs = f"{len(wanted)} parsers, {chosen.inputs} inputs each"
            print(f"seed {random_seed}: {inputs}, {seconds:.0f} s, {failed} failed")
            random_seed += 1
            if time.monotonic() > until:
                break
    return 1 if failed else 0


def _check_first_example(parser: Parser, folder: Path) -> None:
    """Fail if the parser refuses its valid example: then all others would be refused for the same reason."""
    (valid := folder / "valid").mkdir()
    parser.prepare(valid)(parser.examples[0])


if __name__ == "__main__":
    sys.exit(main())
