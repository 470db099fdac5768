"""Brings models, releases and configuration to devices, and what a device needs to be given."""

import landmarkers  # noqa: F401  # before all others: it disables telemetry
