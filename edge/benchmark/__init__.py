"""`ishara-edge bench`: the daemon's speed, and its agreement with the reference implementation."""
