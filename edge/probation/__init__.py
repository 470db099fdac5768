"""A newly activated model is on probation: it proves itself on the device, or the previous one is activated again.

`start_count` counts starts with it, so that a model that crashes the daemon is gone after a few. While the daemon uses
it, `watch` checks health and speed and, by `shadow`, what the new and the old model recognise in the `segments` in
which somebody lately raised a hand; `comparison` decides which difference is a fault.
"""
