"""The numbers of words: none is used twice, whatever becomes of disk and clock."""

from pathlib import Path

import pytest

from edge.sinks.mqtt.outbox import Outbox
from tests.edge.sinks.mqtt.test_outbox import drain, make_read_only
from tests.edge.word_publisher import word

JAVASCRIPT_LIMIT = 2**53


def claim(outbox: Outbox, count: int) -> list[int]:
    """Claim numbers, and close the outbox without a word for them."""
    claimed = [outbox.claim_seq() for _ in range(count)]
    outbox.close()
    return claimed


def test_numbers_grow_by_one_over_restarts_though_their_words_have_left(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", 10)
    first = outbox.claim_seq()
    outbox.put(word(first))
    assert drain(outbox) == [first]
    outbox.close()
    assert claim(Outbox(tmp_path / "outbox", 10), 3) == [first + 1, first + 2, first + 3]
    assert claim(Outbox(tmp_path / "outbox", 10), 1) == [first + 4]


@pytest.mark.parametrize("kind", ["no file", "lost file", "damaged file"])
def test_numbers_begin_at_random_where_the_last_is_not_known(kind: str, tmp_path: Path) -> None:
    """The clock plays no part: all starts are within the same second."""
    path = Path("/proc/outbox") if kind == "no file" else tmp_path / "outbox"
    claimed: list[int] = []
    for _ in range(20):
        claimed += claim(Outbox(path, 10), 50)
        if kind == "lost file":
            path.unlink()
        elif kind == "damaged file":
            path.write_bytes(b"no database at all" * 500)
    assert len(set(claimed)) == len(claimed) == 1000
    assert all(0 < seq < JAVASCRIPT_LIMIT for seq in claimed)


def test_number_of_a_word_that_was_in_memory_alone_is_not_used_again(tmp_path: Path) -> None:
    """A daemon is killed while its disk refuses everything; the next one finds the disk as it was before."""
    outbox = Outbox(tmp_path / "outbox", 10)
    before = outbox.claim_seq()
    make_read_only(outbox)
    lost = [outbox.claim_seq() for _ in range(50)]
    assert (sorted(set(lost)), lost[0] > before) == (lost, True)
    outbox._file = None  # the kill
    next_daemon = claim(Outbox(tmp_path / "outbox", 10), 100)
    assert next_daemon[0] == before + 1
    assert not set(next_daemon) & set(lost)


def test_numbers_stay_where_they_are_when_the_disk_is_back(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", 10)
    outbox.put(word(outbox.claim_seq()))
    make_read_only(outbox)
    outbox.put(word(high := outbox.claim_seq()))
    outbox._retry_at = 0.0  # as after some seconds
    outbox.put(word(outbox.claim_seq()))
    outbox.close()
    assert claim(Outbox(tmp_path / "outbox", 10), 1) == [high + 2]
