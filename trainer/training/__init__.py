"""Training and fine-tuning: configuration, loop, checkpoints, several processes."""
