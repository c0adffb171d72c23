"""Ink as numbers: lines, offsets and exactly back, the scales of both, and windows to learn from."""
