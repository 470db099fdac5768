"""Runs `ishara-trainer review`."""

import argparse
import sys
from collections import Counter
from contextlib import suppress

from trainer.review.review_queue import ReviewQueue
from trainer.review.review_server import serve
from trainer.review.review_view import State, state_of


def run_review(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C, and say how far the review is."""
    queue = ReviewQueue(options.takes, options.labels)
    for error in queue.damaged.values():
        print(f"ishara-trainer: {error}; it is left out, and stays where it is", file=sys.stderr)
    with suppress(KeyboardInterrupt):
        serve(queue, options.port, lambda address: print(f"review {len(queue)} takes at {address}", flush=True))
    counts = Counter(map(state_of, queue.entries))
    damaged = f", {len(queue.damaged)} damaged" if queue.damaged else ""
    print(
        f"{counts[State.ACCEPTED]} accepted, {counts[State.RELABELLED]} accepted with another word, "
        f"{counts[State.REJECTED]} rejected, {counts[State.NEW]} left{damaged}"
    )
    return 0
