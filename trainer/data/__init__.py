"""Data sets to takes, takes to a memory-mapped store, and splits of it."""
