"""Landmarks to words: spotter, classifier and word factory, and swaps of the model between two frames."""
