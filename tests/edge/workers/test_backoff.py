from edge.workers.backoff import Backoff


def delays(backoff: Backoff, count: int) -> list[float]:
    return [backoff.delay_s() for _ in range(count)]


def test_delays_double_up_to_the_longest() -> None:
    assert delays(Backoff(first_s=0.5, longest_s=3.0), 5) == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_factor_of_one_keeps_the_delay_constant() -> None:
    assert delays(Backoff(first_s=1.0, longest_s=1.0, factor=1.0), 3) == [1.0, 1.0, 1.0]


def test_reset_starts_from_the_first_delay() -> None:
    backoff = Backoff(first_s=0.5, longest_s=3.0)
    delays(backoff, 4)
    backoff.reset()
    assert delays(backoff, 2) == [0.5, 1.0]


def test_immediate_attempts_come_before_the_first_delay() -> None:
    backoff = Backoff(first_s=0.5, longest_s=3.0, immediate=1)
    assert delays(backoff, 3) == [0.0, 0.5, 1.0]
    backoff.reset()
    assert delays(backoff, 2) == [0.0, 0.5]


def test_only_a_stable_run_resets_the_delay() -> None:
    backoff = Backoff(first_s=0.5, longest_s=3.0, stable_after_s=10.0)
    assert [backoff.delay_s(ran_s) for ran_s in (1.0, 9.0, 10.0, 11.0, 1.0)] == [0.5, 1.0, 2.0, 0.5, 1.0]
