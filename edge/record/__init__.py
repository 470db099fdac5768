"""Recording takes of one's own signs on the device, to teach them to a model."""
