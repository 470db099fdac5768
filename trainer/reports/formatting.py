"""Formats figures as text."""


def percent(fraction: float) -> str:
    """Format a fraction, 0 to 1, in percent."""
    return f"{100.0 * fraction:.1f} %"


def interval(ends: tuple[float, float]) -> str:
    """Format the interval of a fraction in percent."""
    low, high = ends
    return f"{100.0 * low:.1f} to {percent(high)}"


def points(difference: float) -> str:
    """Format a difference of fractions in percentage points, with its sign."""
    return f"{100.0 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def point_interval(ends: tuple[float, float]) -> str:
    """Format the interval of a difference in percentage points."""
    low, high = ends
    return f"{points(low)} to {points(high)}"


def seconds(value: float | None) -> str:
    """Format a duration in seconds; None is a dash."""
    return "-" if value is None else f"{value:.2f} s"
