"""Recording takes of one's own signs on the device, to fine-tune a model with them."""
