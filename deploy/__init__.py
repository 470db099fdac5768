"""Brings models, releases and configuration to devices, and what a device needs to be given."""
