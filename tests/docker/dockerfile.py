"""Parses the subset of the Dockerfile language that this project uses (https://docs.docker.com/reference/dockerfile/)."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction: its keyword, its flags (--from=made) and the rest."""

    word: str
    flags: dict[str, str]
    rest: str

    def parts(self) -> list[str]:
        """Return the words of the rest, whether it is written as JSON or not."""
        return list(json.loads(self.rest)) if self.rest.startswith("[") else shlex.split(self.rest)


def read(path: Path) -> list[Instruction]:
    """Return all instructions, with continued lines joined and comments left out."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    instructions = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        rest, flags = rest.strip(), {}
        while rest.startswith("--"):
            flag, _, rest = rest.partition(" ")
            name, _, value = flag[2:].partition("=")
            flags[name], rest = value, rest.strip()
        instructions.append(Instruction(word, flags, rest))
    return instructions
