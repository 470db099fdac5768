"""Data augmentation: random changes of training takes, and the loader of augmented batches."""
