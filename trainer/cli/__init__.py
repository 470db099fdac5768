"""The command line `ishara-trainer`."""
