"""Landmarks to words: the spotter and classifier at work, and model swaps."""
