"""The trainer, for the workstation: takes from data sets, training, evaluation, and quantised bundles."""

import landmarkers  # noqa: F401  # before all others: it disables telemetry
