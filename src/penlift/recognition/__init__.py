"""Handwriting to text: a recogniser of online ink, and how far what it reads is from what was to be written."""
