"""Hours of the day like "22:00-06:00", by the device's own clock; plain, since workers do without pydantic."""

from typing import Final

HOURS: Final = "^$|^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$"
"""Pattern of the text; an empty one stands for no hours."""
_DAY_MINUTES: Final = 24 * 60


def is_within(hours: str, minute_of_day: int) -> bool:
    """Return True if a minute of the day lies within hours like "22:00-06:00"; empty hours contain none."""
    if not hours:
        return False
    start, end = (60 * int(clock[:2]) + int(clock[3:]) for clock in hours.split("-"))
    return (minute_of_day - start) % _DAY_MINUTES < (end - start) % _DAY_MINUTES
