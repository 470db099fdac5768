"""The decoder of visitors' pictures in a process with the environment of the real one: OpenCV reads its limits there.

As a program it decodes what it reads: the length of a picture in a line, and the picture. It answers each with a line,
which is empty unless something went wrong.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from edge.sinks.web.visitors.jpeg import ENVIRONMENT, ImageRefused, check_jpeg
from tests.fuzz.limits import limited


def decoding(_folder: Path) -> Callable[[bytes], object]:
    """Start a process and return the function that has a picture decoded there. It raises ImageRefused."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.fuzz.picture_decoder"],
        env=ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(["", *sys.path, str(Path(__file__).parents[2])])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    requests, answers = process.stdin, process.stdout

    def decode_there(content: bytes) -> None:
        check_jpeg(content)
        requests.write(b"%d\n%s" % (len(content), content))
        requests.flush()
        answer = answers.readline().decode()
        assert answer, f"the decoder ended with {process.wait()}"
        assert answer == "\n", answer

    return decode_there


def main() -> None:
    """Decode until standard input ends."""
    from edge.sinks.web.visitors.image import decode

    while length := sys.stdin.buffer.readline():
        content = sys.stdin.buffer.read(int(length))
        try:
            with limited():
                decode(content, is_reference=True)
            fault = ""
        except ImageRefused:
            fault = ""
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is the finding
            fault = repr(error)
        sys.stdout.write(f"{fault}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
