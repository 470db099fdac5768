import os
import signal
import time
from pathlib import Path

from trainer.data.executor import LocalExecutor, WorkerLost
from trainer.data.watchdog import stall_limit


def square(number: int) -> int:
    return number * number


def die_once(path: Path) -> str:
    """Kill the process at the first attempt, as a system without free memory does."""
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def stand_still_at_three(number: int) -> int:
    """Read, at one number, what never comes, as from a disk that does not answer."""
    with stall_limit(0.2) as show_progress:
        for _ in range(3):
            time.sleep(0.1)
            show_progress()
        if number == 3:
            os.read(os.pipe()[0], 1)
    return number


def test_every_job_has_a_result() -> None:
    assert dict(LocalExecutor(2).run(square, range(20))) == {number: number * number for number in range(20)}


def test_job_whose_worker_dies_is_retried(tmp_path: Path) -> None:
    jobs = [tmp_path / str(number) for number in range(3)]
    assert dict(LocalExecutor(2).run(die_once, jobs)) == {job: job.name for job in jobs}


def test_job_that_always_kills_its_worker_is_given_up_and_the_others_finish() -> None:
    results = dict(LocalExecutor(2).run(die_at_three, range(6)))
    assert results == {0: 0, 1: 1, 2: 2, 3: WorkerLost(), 4: 4, 5: 5}


def test_job_on_which_a_worker_stands_still_is_given_up_at_once_and_the_others_finish() -> None:
    results = dict(LocalExecutor(2).run(stand_still_at_three, range(6)))
    assert results == {0: 0, 1: 1, 2: 2, 3: WorkerLost(1, stood_still=True), 4: 4, 5: 5}


def test_workers_end_when_the_caller_stops_iterating() -> None:
    results = LocalExecutor(2).run(square, range(1000))
    next(results)
    results.close()  # type: ignore[attr-defined]
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert not [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
