"""The card image for a Raspberry Pi, and what is on it."""
