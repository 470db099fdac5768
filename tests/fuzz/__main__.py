"""`make fuzz MINUTES=5`: feeds every parser with new hostile inputs for so long, and prints what went wrong."""

import argparse
import logging
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz.fuzzing import all_parsers, fuzz

_EXAMPLES = 200  # of each parser in one round


def main() -> int:
    """Return 1 if any input raised what is no refusal, or took too much."""
    options = argparse.ArgumentParser(prog="tests.fuzz")
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="repeats an earlier run")
    options.add_argument("--only", default="", help="the parsers whose name contains this")
    chosen = options.parse_args()
    logging.disable()
    until, random_seed, failed = time.monotonic() + chosen.minutes * 60.0, chosen.seed, 0
    with all_parsers() as parsers, tempfile.TemporaryDirectory() as scratch:
        wanted = [parser for parser in parsers if chosen.only in parser.name]
        while time.monotonic() < until and not failed:
            began = time.monotonic()
            for parser in wanted:
                folder = Path(tempfile.mkdtemp(dir=scratch))
                try:
                    fuzz(parser, folder, _EXAMPLES, random_seed)
                except BaseException as error:  # whatever it is, it is the finding
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    failed += 1
                    print(f"--- {parser.name}, --seed {random_seed}")
                    traceback.print_exception(error, limit=-6, file=sys.stdout)
            seconds = time.monotonic() - began
            print(
                f"seed {random_seed}: {len(wanted)} parsers, {_EXAMPLES} inputs each, {seconds:.0f} s, {failed} failed"
            )
            random_seed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
