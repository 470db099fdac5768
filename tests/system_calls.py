"""The files that a program changes and the addresses that it reaches, with its native code and its child processes."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_CHANGING: Final = (
    "open,openat,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,unlink,unlinkat,rmdir,symlink,symlinkat,"
    "link,linkat,truncate,chmod,fchmodat,utimensat"
)
_SENDING: Final = "connect,bind,sendto,sendmsg,sendmmsg"
_CALL: Final = re.compile(r"\d+ +(\w+)\((.*)")
_PATH: Final = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
_WRITING: Final = re.compile(r"\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b")
_UNIX: Final = re.compile(r'sa_family=AF_UNIX, sun_path=(@?"[^"]*")')
_INTERNET: Final = re.compile(
    r'sa_family=AF_INET6?, sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]*)"'
)


@dataclass(frozen=True, slots=True)
class SystemCalls:
    """The changes and connections that a program made or tried to make."""

    changed: frozenset[Path]
    """Files and folders that it made, opened for writing, renamed or removed."""
    reached: frozenset[str]
    """Addresses that it sent something to, connected to or listened on: `127.0.0.1:80`, or a Unix socket's path."""

    @classmethod
    def read(cls, log: Path, folder: Path) -> Self:
        """Read the log of a program that was started in a folder with `traced`."""
        changed, reached = set(), set()
        for line in log.read_text(errors="replace").splitlines():
            match = _CALL.match(line)
            if match is None:
                continue
            name, arguments = match.groups()
            if name in _SENDING.split(","):
                reached |= {f"{host}:{port}" for port, host in _INTERNET.findall(arguments)}
                reached |= set(_UNIX.findall(arguments))
            elif not name.startswith("open") or _WRITING.search(arguments):
                changed |= {Path(os.path.normpath(folder / base / path)) for base, path in _PATH.findall(arguments)}
        return cls(frozenset(changed), frozenset(reached))

    def changed_outside(self, *folders: Path) -> set[Path]:
        """Return what it changed that lies in none of these folders.

        Left out are settings of its own process, and what every Python keeps of the sources that it has compiled.
        """
        allowed = (*folders, Path("/proc/self"), Path("/dev/null"))
        changed = (path for path in self.changed if "__pycache__" not in path.parts)
        return {path for path in changed if not any(path.is_relative_to(one) for one in allowed)}


def traced(log: Path) -> list[str]:
    """Return the beginning of a command line that traces what follows."""
    calls = f"trace={_CHANGING},{_SENDING}"
    return ["strace", "-f", "-qq", "-y", "-s", "300", "--seccomp-bpf", "-e", calls, "-o", str(log)]
