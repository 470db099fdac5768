"""Data augmentation: how training takes are changed, and batches of them."""
