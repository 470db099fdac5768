"""The filter as libseccomp writes it for each kind of processor, with the kernel's own numbers of the system calls.

x86-64: arch/x86/entry/syscalls/syscall_64.tbl; 64-bit Arm: include/uapi/asm-generic/unistd.h. `SCMP_ARCH_…` of
libseccomp is the kernel's `AUDIT_ARCH_…` (linux/audit.h).
"""

import ctypes
import errno
import os
import platform
from dataclasses import dataclass

import pytest

from edge.workers import seccomp
from edge.workers.landlock import _ADD_RULE, _CREATE_RULESET, _RESTRICT_SELF
from tests.edge.workers import bpf

ALLOWED, FORBIDDEN, ABSENT = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
X32 = 0x40000000  # of x86-64: the bit of system calls with pointers of 32 bits
EXECUTABLE, WRITABLE = 4, 3
THREAD = 0x003D0F00  # flags of clone with which the C library starts a thread
PROCESS = 17  # SIGCHLD, as fork() does
# Name, number on x86-64, number on 64-bit Arm.
NUMBERS = """
    read 0 63, write 1 64, close 3 57, lseek 8 62, brk 12 214, rt_sigaction 13 134, rt_sigreturn 15 139,
    munmap 11 215, futex 202 98, exit 60 93, exit_group 231 94, getrandom 318 278, clock_nanosleep 230 115,
    rseq 334 293, set_robust_list 273 99, sched_yield 24 124, madvise 28 233, getrusage 98 165, sigaltstack 131 132,
    mmap 9 222, mprotect 10 226, clone 56 220, clone3 435 435, tgkill 234 131, prlimit64 302 261, kill 62 129,
    openat 257 56, open 2 -, openat2 437 437, socket 41 198, connect 42 203, execve 59 221, execveat 322 281,
    fork 57 -, vfork 58 -, ptrace 101 117, memfd_create 319 279, io_uring_setup 425 425, ioctl 16 29,
    process_vm_readv 310 270, pidfd_open 434 434, bpf 321 280, seccomp 317 277, prctl 157 167, unlinkat 263 35,
    pkey_mprotect 329 288, setpriority 141 140, shmat 29 196
"""
MACHINES = ("x86_64", "aarch64")
NAMES = {
    machine: {
        name: int(number) for name, *numbers in map(str.split, NUMBERS.split(",")) if (number := numbers[column]) != "-"
    }
    for column, machine in enumerate(MACHINES)
}
PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COMPUTING = (
    *("read", "write", "close", "lseek", "brk", "rt_sigaction", "rt_sigreturn", "munmap", "futex", "exit"),
    *("exit_group", "getrandom", "clock_nanosleep", "rseq", "set_robust_list", "sched_yield", "madvise", "getrusage"),
    *("sigaltstack",),
)
OPENING = (
    *("openat", "openat2", "socket", "connect", "execve", "execveat", "ptrace", "memfd_create", "io_uring_setup"),
    *("ioctl", "process_vm_readv", "pidfd_open", "bpf", "seccomp", "prctl", "unlinkat", "kill", "shmat"),
    *("pkey_mprotect", "setpriority"),
)


@dataclass(frozen=True)
class Filter:
    """The filter for one kind of processor."""

    machine: str
    program: bytes

    def action(self, name: str, *arguments: int) -> int:
        return bpf.run(self.program, NAMES[self.machine][name], PROCESSORS[self.machine], *arguments)


@pytest.fixture(params=NAMES, scope="module")
def written(request: pytest.FixtureRequest) -> Filter:
    """Let libseccomp write the filter for a kind of processor, also for one that this machine does not have."""
    processor, own = (ctypes.c_uint32(PROCESSORS[machine]) for machine in (request.param, platform.machine()))
    with seccomp._new_filter(FORBIDDEN) as rules:
        if processor.value != own.value:
            assert rules._library.seccomp_arch_add(rules._context, processor) == 0
            assert rules._library.seccomp_arch_remove(rules._context, own) == 0
        seccomp._allow_computing(rules)
        descriptor = os.memfd_create("filter")
        assert rules._library.seccomp_export_bpf(rules._context, descriptor) == 0
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            return Filter(request.param, file.read())


def test_it_may_compute_and_use_its_pipes(written: Filter) -> None:
    assert {name for name in COMPUTING if written.action(name) != ALLOWED} == set()


def test_it_may_open_and_start_nothing(written: Filter) -> None:
    assert {name for name in OPENING if written.action(name) != FORBIDDEN} == set()
    assert all(
        written.action(name) == FORBIDDEN for name in ("open", "fork", "vfork") if name in NAMES[written.machine]
    )


def test_arguments_decide(written: Filter) -> None:
    for name in ("mmap", "mprotect"):
        assert written.action(name, 0, 4096, WRITABLE) == ALLOWED
        assert written.action(name, 0, 4096, WRITABLE | EXECUTABLE) == FORBIDDEN
        assert written.action(name, 0, 4096, 1 << 40 | EXECUTABLE) == FORBIDDEN
    assert written.action("clone", THREAD) == ALLOWED
    assert written.action("clone", PROCESS) == FORBIDDEN
    assert written.action("clone3", THREAD) == ABSENT
    assert written.action("prlimit64", 0) == ALLOWED
    assert written.action("prlimit64", 1) == FORBIDDEN
    assert written.action("tgkill", os.getpid()) == ALLOWED
    assert written.action("tgkill", os.getpid() + 1) == FORBIDDEN


def test_calls_of_another_kind_of_processor_end_the_process(written: Filter) -> None:
    read = NAMES[written.machine]["read"]
    for processor in (*set(PROCESSORS.values()) - {PROCESSORS[written.machine]}, 0x40000003, 0x40000028):
        assert bpf.run(written.program, read, processor) == 0  # SECCOMP_RET_KILL_THREAD
    if written.machine == "x86_64":
        assert bpf.run(written.program, X32 | read, PROCESSORS["x86_64"]) != ALLOWED


def test_landlock_has_the_same_numbers_on_both() -> None:
    """From 424 on, a system call has one number everywhere (since Linux 5.1)."""
    assert (_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF) == (444, 445, 446)
