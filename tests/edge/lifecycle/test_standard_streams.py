import subprocess
import sys

import pytest

from tests.edge.waiting import PATIENCE_S


def run(redirections: str) -> subprocess.CompletedProcess[str]:
    command = f"exec {sys.executable} -m edge config check {redirections}"
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("redirections", "code", "sentence"),
    [
        (">/dev/full", 2, "ishara-edge: standard output cannot be written: No space left on device\n"),
        (">&-", 2, "ishara-edge: standard output cannot be written: Bad file descriptor\n"),
        ("> >(exec >&- <&-; true)", 1, ""),
        ("2>&-", 0, ""),
        ("<&- >&- 2>&-", 2, ""),
    ],
)
def test_standard_stream_that_is_closed_or_full_gives_no_traceback(
    redirections: str, code: int, sentence: str, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    ended = run(redirections)
    assert (ended.returncode, ended.stderr) == (code, sentence)
