"""`ishara-edge doctor`: looks a device over and says what is wrong with it and what to do.

Whatever could die of an illegal instruction, a missing library or a sick driver is tried in a process of its own, so
that its death is a finding and not the doctor's end. For the same reason nothing here imports such a library.
"""
