"""The set-up page of a device, as whoever has installed it needs it: address, one-time code, fingerprint."""

from pathlib import Path
from typing import Final

from edge.installation.machine import Machine, StepFailed
from edge.setup.invitation import Invitation
from edge.sinks.web.setup_code import grouped
from landmarkers.parsing import describe
from landmarkers.plain_text import escape

_REPORT: Final = (Path(__file__).parent / "set_up_report.py").read_text(encoding="utf-8")
_WAIT_S: Final = 60


def find_set_up_page(machine: Machine) -> Invitation | None:
    """Return the invitation to the device's set-up page; None where the device has settings.

    A service that has just started is waited for. Raises StepFailed if the page does not answer.
    """
    report = machine.run(f"/usr/bin/python3 - {_WAIT_S}", stdin=_REPORT, within_s=2 * _WAIT_S)
    if not report.strip():
        return None
    try:
        return Invitation.model_validate_json(report)
    except ValueError as error:
        raise StepFailed(f"its invitation to the set-up page cannot be understood: {describe(error)}") from error


def as_text(page: Invitation, address: str = "") -> str:
    """Return the lines that end an installation; the addresses with the one that is known come first."""
    lines = [
        "Open the set-up page on a phone or computer in the same network:",
        *(f"  {url}" for url in sorted(page.urls, key=lambda url: address not in url)),
        f"Its one-time code: {grouped(page.code)}",
        "The browser warns once of the device's own certificate; go on if that has this SHA-256 fingerprint:",
        f"  {page.fingerprint}",
    ]
    return "\n".join(escape(line) for line in lines)
