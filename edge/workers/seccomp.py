"""seccomp: this process, with all its threads, may compute and use the pipes that it has open, and nothing else.

libseccomp (https://github.com/seccomp/libseccomp) knows the numbers of the system calls on each processor and writes
the filter. Debian always has it, since apt needs it.
"""

import ctypes
import errno
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from landmarkers.errors import UserError

_LIBRARY: Final = "libseccomp.so.2"

# Of seccomp.h.
_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_ALL_THREADS: Final = 4
_EQUAL, _MASKED_EQUAL = 4, 7

_CLONE_THREAD: Final = 0x00010000

_ALLOWED: Final = (
    *("read", "write", "close", "fstat", "lseek"),  # of pipes that are open already
    *("brk", "munmap", "mremap", "madvise"),
    *("futex", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "gettid", "getpid", "membarrier"),
    *("clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "restart_syscall"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"),
    *("getrandom", "getrusage", "getcpu"),
    *("exit", "exit_group"),
)


class CannotConfine(UserError):
    """The system cannot restrict a process to what it needs; the message says why."""


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def forbid_system_calls() -> None:
    """Open no file, socket or other descriptor and start no process from now on; such calls fail with EPERM.

    New threads are allowed, and less memory or processor time, but no new machine code. Raises CannotConfine.
    """
    with _new_filter(_ERRNO | errno.EPERM) as rules:
        _allow_computing(rules)
        rules.load()


def _allow_computing(rules: "_Filter") -> None:
    for name in _ALLOWED:
        rules.add(_ALLOW, name)
    for name in ("mmap", "mprotect"):
        rules.add(_ALLOW, name, _Comparison(2, _MASKED_EQUAL, mmap.PROT_EXEC, 0))
    # Threads, no processes. The filter cannot see what clone3 is to do; without it the C library uses clone.
    rules.add(_ALLOW, "clone", _Comparison(0, _MASKED_EQUAL, _CLONE_THREAD, _CLONE_THREAD))
    rules.add(_ERRNO | errno.ENOSYS, "clone3")
    rules.add(_ALLOW, "tgkill", _Comparison(0, _EQUAL, os.getpid(), 0))  # abort()
    rules.add(_ALLOW, "prlimit64", _Comparison(0, _EQUAL, 0, 0))


class _Filter:
    """A filter of libseccomp."""

    def __init__(self, library: ctypes.CDLL, context: int) -> None:
        self._library = library
        self._context = ctypes.c_void_p(context)

    def add(self, action: int, name: str, *comparisons: _Comparison) -> None:
        """Take this action for a system call whose arguments fit all comparisons."""
        number = self._library.seccomp_syscall_resolve_name(name.encode())
        array = (_Comparison * len(comparisons))(*comparisons)
        rule = (self._context, ctypes.c_uint32(action), number, len(comparisons), array)
        _check(self._library.seccomp_rule_add_array(*rule), name)

    def load(self) -> None:
        """Apply the filter to all threads of this process."""
        _check(self._library.seccomp_attr_set(self._context, _ALL_THREADS, ctypes.c_uint32(1)), "all threads")
        _check(self._library.seccomp_load(self._context), "the filter")


@contextmanager
def _new_filter(default: int) -> Iterator[_Filter]:
    """Provide a filter that takes this action for every system call without a rule. Raises CannotConfine."""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise CannotConfine(f"{_LIBRARY} is missing; on Debian: apt install libseccomp2") from error
    library.seccomp_init.restype = ctypes.c_void_p
    context = library.seccomp_init(ctypes.c_uint32(default))
    if not context:
        raise CannotConfine(f"{_LIBRARY} makes no filter")
    try:
        yield _Filter(library, context)
    finally:
        library.seccomp_release(ctypes.c_void_p(context))


def _check(result: int, what: str) -> None:
    if result:
        reason = os.strerror(-result)
        raise CannotConfine(
            f"the system does not let this process be confined ({what}: {reason}); it needs a kernel with "
            "seccomp, and as a service the unit file of this release"
        )
