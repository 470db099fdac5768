"""The set-up page of a device: its address, the one-time code and the certificate's fingerprint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.installation.machine import Machine, StepFailed
from landmarkers.parsing import describe
from landmarkers.plain_text import escape
from models.strict_model import StrictModel

_REPORT: Final = (Path(__file__).parent / "set_up_report.py").read_text(encoding="utf-8")
_WAIT_S: Final = 30


class _Report(StrictModel):
    """What the device tells of its set-up page."""

    code: str
    port: int
    addresses: tuple[str, ...]
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class SetUpPage:
    """The set-up page, as whoever installs the device needs it."""

    addresses: tuple[str, ...]
    code: str
    fingerprint: str | None

    def text(self) -> str:
        """Return the lines that end an installation."""
        lines = ["Open the set-up page on a phone or computer of the same network:"]
        lines += [f"  {address}" for address in self.addresses]
        lines += [f"One-time code: {self.code}"]
        if self.fingerprint is not None:
            lines += [
                "The browser warns of the device's own certificate, once. Go on if the certificate shows this SHA-256:",
                f"  {self.fingerprint}",
            ]
        return "\n".join(escape(line) for line in lines)


def find_set_up_page(machine: Machine, address: str | None = None) -> SetUpPage | None:
    """Return the device's set-up page, which is at `address` if that is known; None once it is set up.

    A service that has just started is waited for. Raises StepFailed.
    """
    report = machine.run(f"/usr/bin/python3 - {_WAIT_S}", stdin=_REPORT, within_s=4 * _WAIT_S)
    if not report.strip():
        return None
    try:
        found = _Report.model_validate_json(report)
    except ValueError as error:
        raise StepFailed(f"the device's report cannot be understood: {describe(error)}") from error
    hosts = (address,) if address is not None else found.addresses
    return SetUpPage(tuple(f"https://{_host(one)}:{found.port}/setup" for one in hosts), found.code, found.fingerprint)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address and not address.startswith("[") else address
