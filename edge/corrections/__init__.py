"""Corrections: a word that was recognised wrongly is replaced or deleted, everywhere, by a later word event."""
