"""A new model proves itself on the device, or the device goes back to the one before.

`starts` counts starts with it, so that a model that ends the daemon is gone after a few. While the daemon reads with
it, the `watch` looks at health and speed and, by `shadow`, at what the new and the old model make of the `stretches`
in which somebody raised a hand lately; `comparison` says what is too much of a difference.
"""
