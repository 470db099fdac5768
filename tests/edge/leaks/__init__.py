"""Leaks: what is done again and again must cost no thread, file or memory. `make test-leaks` runs them long."""
