"""Fakes of libraries that only boards have, as strict as the real ones; a test puts this folder on the path."""
