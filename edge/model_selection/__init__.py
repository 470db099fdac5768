"""The model that the daemon uses, and `ishara-edge models`, which changes it."""
