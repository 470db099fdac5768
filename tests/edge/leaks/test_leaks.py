"""A short version of `make test-leaks`, and the proof that it finds leaks."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.edge.leaks.cameras import reopened_camera
from tests.edge.leaks.situation import Situation, measure


def test_camera_that_is_opened_again_and_again_leaves_no_thread_and_no_file_behind() -> None:
    before, after = measure(reopened_camera, warm_up=5, rounds=20)
    assert after.threads <= before.threads
    assert after.files <= before.files


@pytest.mark.parametrize("kind", ["threads", "files", "kB"])
def test_leak_is_found(kind: str) -> None:
    leftovers: list[bytes] = []

    @contextmanager
    def leaking() -> Iterator[Situation]:
        with ExitStack() as stack:
            ended = threading.Event()
            stack.callback(ended.set)

            def leak() -> None:
                if kind == "threads":
                    threading.Thread(target=ended.wait).start()
                elif kind == "files":
                    stack.enter_context(Path(os.devnull).open())
                else:
                    # Larger than what malloc takes from memory that other tests have freed.
                    leftovers.append(b"x" * 40_000_000)

            yield Situation(leak, os.getpid())

    before, after = measure(leaking, warm_up=1, rounds=10)
    assert kind in str(after.find_leak(before))
