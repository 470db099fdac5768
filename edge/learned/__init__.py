"""The part of the model that this device has learned itself: its versions on the disk, and its use."""
