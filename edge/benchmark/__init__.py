"""`ishara-edge bench`: the daemon's speed and agreement with the reference implementation."""
