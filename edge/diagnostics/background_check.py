"""The doctor beside the running daemon: a program of its own at the lowest priority, one at a time."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter, ValidationError

from edge.diagnostics.check_request import CheckRequest, CheckTarget
from edge.diagnostics.finding import Finding, is_ready
from edge.recognition.word import Timestamp
from edge.requests import RequestRefused
from edge.workers.supervised_thread import Escalation, SupervisedThread
from landmarkers.plain_text import one_sentence
from models.strict_model import StrictModel

PROGRAM: Final = ("edge.doctor", "check")
MAX_FINDINGS: Final = 60
_PAUSE_S: Final = 10.0
"""Between two checks: whoever repeats the command keeps no core busy."""
_LONGEST_S: Final = 300.0
_CLOSE_TIMEOUT_S: Final = 2.0
_FINDING: Final = TypeAdapter(Finding)


class Phase(StrEnum):
    """The phase of a health check."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class CheckState(StrictModel):
    """The event `doctor` of `/api/events` and the topic `doctor`: the findings so far, in the order of the checks.

    `at` is when the check began; `ready` is false once a finding says that something failed. `why` is the reason for
    which a check could not be finished.
    """

    phase: Phase = Phase.NONE
    at: Timestamp | None = None
    ready: bool = True
    findings: tuple[Finding, ...] = ()
    why: str | None = None

    def to_json(self) -> str:
        """Return the state on one line."""
        return self.model_dump_json()


Show = Callable[[CheckState], None]


class BackgroundCheck:
    """Checks the device while the daemon runs, at somebody's request; any thread may call."""

    def __init__(self, target: CheckTarget, escalation: Escalation) -> None:
        """`target` is the daemon that is checked."""
        self._target = target
        self._escalation = replace(escalation, give_up=None)
        self._lock = threading.Lock()
        self._shows: list[Show] = []
        self._state = CheckState()
        self._may_begin_at = 0.0
        self._process: subprocess.Popen[str] | None = None
        self._thread: SupervisedThread | None = None
        self._is_closed = False

    @property
    def state(self) -> CheckState:
        """Return the check that runs, or the last one."""
        with self._lock:
            return self._state

    def show_on(self, show: Show) -> None:
        """Show the state in another place too, now and whenever it changes; it must not block."""
        with self._lock:
            self._shows.append(show)
            show(self._state)

    def begin(self) -> CheckState:
        """Begin a check, and return its first state. Raises RequestRefused while another runs, or right after one."""
        request = CheckRequest.of(self._target)
        with self._lock:
            if self._is_closed:
                raise RequestRefused("the device is restarting")
            if self._state.phase is Phase.RUNNING:
                raise RequestRefused("a health check is running already")
            if (wait_s := self._may_begin_at - time.monotonic()) > 0.0:
                raise RequestRefused(f"a health check has just ended; wait {wait_s + 0.5:.0f} s")
            self._change(CheckState(phase=Phase.RUNNING, at=datetime.now(UTC)))
            began = self._state
        self._thread = SupervisedThread("the health check", lambda: self._run_once(request), self._escalation)
        self._thread.start()
        return began

    def close(self) -> None:
        """Stop the check that runs."""
        with self._lock:
            self._is_closed = True
            process = self._process
        if process is not None:
            process.kill()
        if self._thread is not None:
            self._thread.close(_CLOSE_TIMEOUT_S)

    def _run_once(self, request: CheckRequest) -> None:
        if self.state.phase is not Phase.RUNNING:
            return  # it has failed unexpectedly, and is not begun again
        why: str | None = "it failed unexpectedly; the log says how"
        try:
            why = self._run(request.to_json())
        finally:
            with self._lock:
                self._may_begin_at = time.monotonic() + _PAUSE_S
                phase = Phase.DONE if why is None else Phase.FAILED
                self._change(self._state.model_copy(update={"phase": phase, "why": why}))

    def _run(self, request: str) -> str | None:
        """Run the program; return why it did not check everything, or None."""
        try:
            process = _start()
        except OSError as error:
            return f"its process cannot be started: {error.strerror}"
        with self._lock:
            self._process = process
            if self._is_closed:
                process.kill()
        timer = threading.Timer(_LONGEST_S, process.kill)
        timer.daemon = True
        timer.start()
        try:
            with process:
                self._read(process, request)
        finally:
            timer.cancel()
            with self._lock:
                self._process = None
        return None if process.returncode == 0 else _describe_end(process.returncode)

    def _read(self, process: "subprocess.Popen[str]", request: str) -> None:
        """Pass the request on, and show each finding as it comes."""
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both are pipes")
        with suppress(BrokenPipeError):
            process.stdin.write(request)
            process.stdin.close()
        for line in process.stdout:
            with suppress(ValidationError):  # a library has printed something
                self._add(line)

    def _add(self, line: str) -> None:
        finding = _FINDING.validate_json(line)
        finding = replace(finding, sentence=one_sentence(finding.sentence), remedy=one_sentence(finding.remedy))
        with self._lock:
            if len(self._state.findings) < MAX_FINDINGS:
                findings = (*self._state.findings, finding)
                self._change(self._state.model_copy(update={"findings": findings, "ready": is_ready(findings)}))

    def _change(self, state: CheckState) -> None:
        """Show another state; with the lock."""
        self._state = state
        for show in self._shows:
            show(state)


def _start() -> "subprocess.Popen[str]":
    # -P: it imports nothing from the current folder; sys.path is what this program imports from.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", *PROGRAM],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        encoding="utf-8",
        errors="replace",
    )


def _describe_end(code: int) -> str:
    if code < 0:
        return f"its process was ended by signal {-code}"
    return f"its process ended with exit code {code}"
