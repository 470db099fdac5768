"""Landmarks: the layout of points, recorded takes, and the networks that detect landmarks in images."""

import os

# ONNX Runtime collects usage data and sends it to its maker unless this stands in the environment before its library is
# loaded, by whomever; its own `disable_telemetry_events()` comes too late. Every room imports this one first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
