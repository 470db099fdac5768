"""Runs jobs on a Ray cluster, an existing one or one of this machine alone. The only file that imports Ray.

The machines of a cluster need ishara[cluster] of the same version, the landmark networks (`ishara-landmarkers`), and
the folders that jobs name under the same paths, as on a network file system.
https://docs.ray.io/en/latest/cluster/getting-started.html
"""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from landmarkers.numbers import is_number
from trainer.data.executor import ATTEMPTS, ExecutorUnavailable, Job, Result, WorkerLost

_QUEUED_PER_CPU: Final = 4  # jobs: enough that no processor idles
_CONNECT_S: Final = 5.0
_OBJECT_STORE_BYTES: Final = 100_000_000  # results are small


class RayExecutor:
    """Runs jobs on the Ray cluster at an address (`auto` for the one of this machine) or, without one, locally."""

    def __init__(self, workers: int, address: str | None = None) -> None:
        """Raises ExecutorUnavailable where Ray is not installed."""
        # Ray sends usage statistics to its makers unless this is set before the import.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ModuleNotFoundError as error:
            raise ExecutorUnavailable("Ray is not installed here; run pip install 'ishara[cluster]'") from error
        self._ray: Any = ray
        self._workers = workers
        self._address = address

    def run(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[Job, Result | WorkerLost]]:
        """Yield each job with its result, in the order of completion. Raises ExecutorUnavailable."""
        ray = self._ray
        self._connect()
        try:
            task = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1)(function)
            max_queued = _QUEUED_PER_CPU * max(1, int(ray.cluster_resources().get("CPU", 1)))
            pending = iter(jobs)
            running: dict[Any, Job] = {}
            while True:
                for job in pending:
                    running[task.remote(job)] = job
                    if len(running) >= max_queued:
                        break
                if not running:
                    return
                done, _ = ray.wait(list(running))
                for reference in done:
                    yield running.pop(reference), self._result(reference)
        finally:
            ray.shutdown()

    def _result(self, reference: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError):
            return WorkerLost()

    def _connect(self) -> None:
        """Connect to the cluster, or start a local one with one processor for each worker."""
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self._address is not None:
            _check_reachable(self._address)
        try:
            if self._address is None:
                # "local" overrides RAY_ADDRESS.
                self._ray.init(
                    "local",
                    num_cpus=self._workers,
                    include_dashboard=False,
                    object_store_memory=_OBJECT_STORE_BYTES,
                    **quiet,
                )
            else:
                self._ray.init(self._address, **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ExecutorUnavailable(
                f"no Ray cluster answers at {self._address or 'this machine'}: {reason}"
            ) from error


def _check_reachable(address: str) -> None:
    """Raise ExecutorUnavailable where nothing listens at HOST:PORT: Ray itself would retry for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not is_number(port):
        return
    try:
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise ExecutorUnavailable(f"no Ray cluster answers at {address}: {error}") from error
