"""The layouts in which data sets of sign clips are distributed; each has a reader that finds its clips."""
