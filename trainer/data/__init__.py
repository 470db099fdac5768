"""Data: data sets, extraction of takes, the memory-mapped store of takes, and training splits."""
