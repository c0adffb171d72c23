"""Ink as others keep it: collections as they are shipped, kinds of files, and which line belongs to which split."""
