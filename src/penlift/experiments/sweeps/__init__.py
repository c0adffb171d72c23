"""Sweeps: a file of questions, its trials from the first to the last, and which of them are finished."""
