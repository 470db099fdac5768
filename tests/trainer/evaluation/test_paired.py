import pytest

from trainer.evaluation.paired import PairedCounts


def test_takes_are_counted_by_which_run_is_correct() -> None:
    counts = PairedCounts.of([True, True, False, False, True], [True, False, True, False, True])
    assert (counts.both, counts.only_first, counts.only_second, counts.neither) == (2, 1, 1, 1)
    assert (counts.count, counts.difference) == (5, 0.0)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [(0, 0, 1.0), (1, 1, 1.0), (0, 5, 0.0625), (1, 8, 0.0390625), (8, 1, 0.0390625), (10, 25, 0.016674)],
)
def test_p_value_is_mcnemars_exact_test(only_first: int, only_second: int, p_value: float) -> None:
    assert PairedCounts(50, only_first, only_second, 7).p_value == pytest.approx(p_value, abs=1e-6)


@pytest.mark.parametrize(
    ("lost", "won", "p_worse"), [(0, 0, 1.0), (0, 5, 1.0), (3, 0, 0.125), (4, 0, 0.0625), (6, 1, 0.0625)]
)
def test_losses_beyond_chance_show_on_one_side_of_the_test(lost: int, won: int, p_worse: float) -> None:
    assert PairedCounts(50, lost, won, 7).p_worse == pytest.approx(p_worse)


def test_p_value_is_exact_for_a_whole_data_set() -> None:
    assert PairedCounts(60_000, 7_000, 7_500, 800).p_value == pytest.approx(3.4e-5, rel=0.05)


def test_interval_is_agresti_and_mins() -> None:
    # By hand: 102 takes and a half more of each kind, (12.5 - 5.5) / 102 and 1.96 sqrt(18 - 49 / 102) / 102.
    counts = PairedCounts(70, 5, 12, 13)
    assert counts.difference == pytest.approx(0.07)
    assert counts.interval == pytest.approx((-0.0118, 0.1491), abs=1e-4)


def test_concordant_takes_do_not_change_the_p_value() -> None:
    assert PairedCounts(10, 2, 9, 0).p_value == PairedCounts(1000, 2, 9, 1000).p_value
