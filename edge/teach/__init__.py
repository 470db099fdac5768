"""Teaching at the device itself, in a terminal."""
