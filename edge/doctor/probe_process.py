"""Starts a probe in a process of its own."""

from models.subprocess_probe import SubprocessResult, run_python


def run_probe(name: str, argument: str) -> SubprocessResult:
    """Run a probe of `python -m edge.doctor` with its argument.

    That goes through a pipe: some arguments hold a password, and everybody on a machine may read command lines.
    """
    return run_python(["-m", "edge.doctor", name], stdin=argument)
