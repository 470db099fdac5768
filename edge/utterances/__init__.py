"""Utterances: the words between two rests as one line of text."""
