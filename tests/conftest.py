"""Where the real recordings are, and what stands in for them."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def karsl() -> Path:
    """The real clips beside the checkout. CI has them; a user's clone does not, and then their tests are skipped."""
    folder = SHARED / "karsl"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have real clips in {folder}")
        pytest.skip(f"no real clips in {folder}")
    return folder


@pytest.fixture(scope="session")
def sample_picture() -> Path:
    """A picture of a person that matplotlib, which MediaPipe brings along, ships."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
