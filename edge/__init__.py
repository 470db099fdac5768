"""The daemon: camera to landmarks to signs to words to sinks."""

import landmarkers  # noqa: F401  # before all others: it disables telemetry
