import pytest

from edge.day_hours import is_within


@pytest.mark.parametrize(
    ("hours", "clock", "within"),
    [
        ("22:00-06:00", "21:59", False),
        ("22:00-06:00", "22:00", True),
        ("22:00-06:00", "00:00", True),
        ("22:00-06:00", "05:59", True),
        ("22:00-06:00", "06:00", False),
        ("01:30-05:00", "03:00", True),
        ("01:30-05:00", "23:00", False),
        ("", "03:00", False),
    ],
)
def test_minute_lies_within_hours(hours: str, clock: str, within: bool) -> None:
    assert is_within(hours, 60 * int(clock[:2]) + int(clock[3:])) is within
