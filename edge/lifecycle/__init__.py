"""The daemon's process: service manager, signals, plans and reloads, model swaps, exit, log and paths."""
