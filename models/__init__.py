"""Models: bundles, their classifier and spotter, the store of installed bundles, and the shipped bundles."""

import landmarkers  # noqa: F401  # before all others: it disables telemetry
