"""Jobs on a Ray cluster: one that runs already, or one of this machine alone. The only file that imports Ray.

The machines of a cluster need ishara[cluster] of the same version, the landmark networks (`ishara-landmarkers`), and
the folders that jobs name under the same paths, as on a network file system.
https://docs.ray.io/en/latest/cluster/getting-started.html
"""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from trainer.data.executor import ATTEMPTS, Answer, EngineUnavailable, Job, WorkerLost

_AHEAD: Final = 4  # jobs that wait at the cluster for each processor: enough that none idles
_CONNECT_S: Final = 5.0
_OBJECT_STORE_BYTES: Final = 100_000_000  # answers are small


class RayEngine:
    """A Ray cluster of this address (`auto` for the one that this machine belongs to) or, without one, a local one."""

    def __init__(self, workers: int, address: str | None = None) -> None:
        """Raises EngineUnavailable where Ray is not installed."""
        # Ray tells its makers how it is used unless it is told not to, before it is imported.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ModuleNotFoundError as error:
            raise EngineUnavailable("Ray is not installed here; pip install 'ishara[cluster]'") from error
        self._ray: Any = ray
        self._workers = workers
        self._address = address

    def run(self, work: Callable[[Job], Answer], jobs: Sequence[Job]) -> Iterator[tuple[Job, Answer | WorkerLost]]:
        """Each job with its answer, in the order in which they are done. Raises EngineUnavailable."""
        ray = self._ray
        self._join()
        try:
            task = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1)(work)
            at_once = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
            waiting = iter(jobs)
            running: dict[Any, Job] = {}
            while True:
                for job in waiting:
                    running[task.remote(job)] = job
                    if len(running) >= at_once:
                        break
                if not running:
                    return
                done, _ = ray.wait(list(running))
                for reference in done:
                    yield running.pop(reference), self._answer(reference)
        finally:
            ray.shutdown()

    def _answer(self, reference: Any) -> Any:
        lost = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except (lost.WorkerCrashedError, lost.NodeDiedError, lost.OutOfMemoryError):
            return WorkerLost()

    def _join(self) -> None:
        """Connect to the cluster, or start one of as many processors as there are to be workers."""
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self._address is not None:
            _refuse_silent(self._address)
        try:
            if self._address is None:
                # RAY_ADDRESS would lead elsewhere.
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
            raise EngineUnavailable(f"no Ray cluster answers at {self._address or 'this machine'}: {reason}") from error


def _refuse_silent(address: str) -> None:
    """Raise EngineUnavailable where nothing listens at HOST:PORT: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise EngineUnavailable(f"no Ray cluster answers at {address}: {error}") from error
