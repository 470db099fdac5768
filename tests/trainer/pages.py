"""What holds for every page that the trainer writes."""

import re


def see_that_it_stands_alone(page: str) -> None:
    """Nothing comes from elsewhere and nothing runs: no address but places within the page, no script, a policy."""
    assert not re.search(r"""(src|href)=["'](?!#)|url\((?!#)|@import|<script|\son\w+=""", page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
