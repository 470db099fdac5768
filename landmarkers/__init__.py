"""Landmarks: the layout of points, recorded takes, and the networks that detect landmarks in images."""
