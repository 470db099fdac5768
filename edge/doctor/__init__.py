"""`ishara-edge doctor`: checks a device and says what is wrong with it and how to repair it.

Whatever could die of an illegal instruction, a missing library or a faulty driver is probed in a process of its own, so
that its death is a finding and does not end the doctor. For the same reason nothing here imports such a library.
"""
