"""The address of the live page as the log tells it."""

from pathlib import Path
from socket import gethostname

import pytest

from edge.config import WebConfig


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8300/live-signs"),
        ("::1", "http://[::1]:8300/live-signs"),
        ("0.0.0.0", f"http://{gethostname()}:8300/live-signs, and at every address of this device"),
        ("::", f"http://{gethostname()}:8300/live-signs, and at every address of this device"),
    ],
)
def test_log_names_an_address_that_can_be_opened(address: str, expected: str) -> None:
    config = WebConfig(address=address, token_file=Path("token"))
    assert config.announcement == f"the live page is at {expected}"
