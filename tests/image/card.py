"""A card with the image on it: a copy of the image file that tests may change, read and written without mounting it."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

_BOOT: Final = 4 * 1024 * 1024  # where the first partition begins, as deploy/image/make-image writes it
_ROOT: Final = 516 * 1024 * 1024
_MISSING: Final = "File not found by ext2_lookup"


class Card:
    """A card of `size` bytes, in a file."""

    def __init__(self, image: Path, path: Path, size: int) -> None:
        # `cp` keeps the holes of the file.
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", str(image), str(path)], check=True)
        with path.open("r+b") as file:
            file.truncate(size)
        self.path = path
        self.size = size

    def boot_files(self) -> list[str]:
        """Return the names in the boot partition's folder."""
        return _run("mdir", "-b", "-i", self._boot, "::").replace("::/", "").split()

    def read_boot(self, name: str, to: Path) -> Path:
        """Copy a file of the boot partition to a path."""
        _run("mcopy", "-n", "-i", self._boot, f"::{name}", str(to))
        return to

    def write_boot(self, name: str, content: bytes) -> None:
        """Write a file of the boot partition, as a person does whose computer reads the card."""
        subprocess.run(["mcopy", "-D", "o", "-i", self._boot, "-", f"::{name}"], input=content, check=True)

    def read(self, name: str) -> str | None:
        """Return the text of a file of the root file system; None if there is none."""
        text = self._debugfs(f"cat {name}")
        return None if text == _MISSING else text

    def list(self, folder: str) -> list[str]:
        """Return the names in a folder of the root file system."""
        names = re.findall(r"^/\d+/\d+/\d+/\d+/([^/]+)/", self._debugfs(f"ls -p {folder}"), re.MULTILINE)
        return [name for name in names if name not in (".", "..")]

    def write(self, name: str, source: Path) -> None:
        """Write a new file of root into the root file system, with its folder."""
        for command in (f"mkdir {Path(name).parent}", f"write {source} {name}", f"set_inode_field {name} mode 0100644"):
            self._debugfs(command, "-w")

    @property
    def _boot(self) -> str:
        return f"{self.path}@@{_BOOT}"

    def _debugfs(self, command: str, *options: str) -> str:
        program = shutil.which("debugfs") or "/usr/sbin/debugfs"
        return _run(program, *options, "-R", command, f"{self.path}?offset={_ROOT}")


def _run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", errors="replace")
    # debugfs ends with 0 whatever happened.
    return _MISSING if _MISSING in done.stderr else done.stdout
