"""The daemon's process: service manager, signals, reload, exit, log and paths."""
