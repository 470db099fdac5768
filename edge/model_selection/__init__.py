"""Which model the daemon reads signs with, and `ishara-edge models`, which changes that."""
