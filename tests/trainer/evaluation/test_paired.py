import pytest

from trainer.evaluation.paired import PairedCounts


def test_pairs_are_counted_by_who_reads_them() -> None:
    pairs = PairedCounts.of([True, True, False, False, True], [True, False, True, False, True])
    assert (pairs.both, pairs.only_first, pairs.only_second, pairs.neither) == (2, 1, 1, 1)
    assert (pairs.count, pairs.difference) == (5, 0.0)


@pytest.mark.parametrize(
    ("only_first", "only_second", "chance"),
    [(0, 0, 1.0), (1, 1, 1.0), (0, 5, 0.0625), (1, 8, 0.0390625), (8, 1, 0.0390625), (10, 25, 0.016674)],
)
def test_chance_is_mcnemars_exact_test(only_first: int, only_second: int, chance: float) -> None:
    assert PairedCounts(50, only_first, only_second, 7).p_value == pytest.approx(chance, abs=1e-6)


def test_chance_is_told_for_a_whole_data_set() -> None:
    assert PairedCounts(60_000, 7_000, 7_500, 800).p_value == pytest.approx(3.4e-5, rel=0.05)


def test_the_interval_is_agresti_and_mins() -> None:
    # By hand: 102 takes and a half more of each kind, (12.5 - 5.5) / 102 and 1.96 sqrt(18 - 49 / 102) / 102.
    pairs = PairedCounts(70, 5, 12, 13)
    assert pairs.difference == pytest.approx(0.07)
    assert pairs.interval == pytest.approx((-0.0118, 0.1491), abs=1e-4)


def test_takes_that_both_read_alike_say_nothing_of_which_is_better() -> None:
    assert PairedCounts(10, 2, 9, 0).p_value == PairedCounts(1000, 2, 9, 1000).p_value
