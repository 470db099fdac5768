"""Checks that hold for every page that the trainer writes."""

import re


def assert_self_contained(page: str) -> None:
    """Check that a page loads nothing and runs nothing: no address but anchors, no script, and a policy."""
    assert not re.search(r"""(src|href)=["'](?!#)|url\((?!#)|@import|<script|\son\w+=""", page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
