"""Landlock: this process, and each thread that it starts from now on, changes and runs no file and connects to nothing.

https://docs.kernel.org/userspace-api/landlock.html. There is no maintained library for Python. A thread that exists
already stays free, so that a worker calls this first of all; it can still read files, until `seccomp.py` ends that.
"""

import ctypes
import errno
import os
from typing import Final

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all processors
_VERSION: Final = 1  # flag of _CREATE_RULESET
_PATH_BENEATH: Final = 1
_NO_NEW_PRIVILEGES: Final = 38

_WRITE_FILE: Final = 1 << 1
_READ: Final = 1 << 2 | 1 << 3  # files, folders
# What each version of Landlock can forbid: files (bits), TCP (bind, connect), and what lies outside this process (its
# abstract Unix sockets, its signals).
_FILE_BITS: Final = {1: 13, 2: 14, 3: 15, 5: 16}
_TCP: Final = {4: 0b11}
_OUTSIDE: Final = {6: 0b11}
# The kernel is older, or has it switched off, or a container forbids it.
_UNAVAILABLE: Final = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("outside", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("fd", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)


def forbid_changes() -> bool:
    """Allow no file but /dev/null to be changed and none to be run; return False without Landlock.

    Where the kernel can, allow no TCP and no signal either. Raises OSError where the kernel has Landlock, but refuses.
    """
    try:
        version = _call(_CREATE_RULESET, None, 0, _VERSION)
    except OSError as error:
        if error.errno in _UNAVAILABLE:
            return False
        raise
    files = (1 << _newest(_FILE_BITS, version)) - 1 & ~_READ
    wanted = _Ruleset(files, _newest(_TCP, version), _newest(_OUTSIDE, version))
    ruleset = _call(_CREATE_RULESET, ctypes.byref(wanted), ctypes.sizeof(wanted), 0)
    null = os.open(os.devnull, os.O_PATH)
    try:
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_PathBeneath(_WRITE_FILE, null)), 0)
        if _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(null)
        os.close(ruleset)
    return True


def _newest(since: dict[int, int], version: int) -> int:
    """Return the value of the newest version that is not later than this one, or 0."""
    return max((value for first, value in since.items() if first <= version), default=0)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
