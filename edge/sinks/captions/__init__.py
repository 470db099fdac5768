"""Captions on the device's own screen, drawn and shown by a process of their own."""
