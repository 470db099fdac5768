"""Attempts to sign in front of a camera, one at a time, each of them checked."""
