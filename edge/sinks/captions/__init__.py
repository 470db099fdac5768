"""Captions on the device's own screen, drawn and shown by a worker process."""
