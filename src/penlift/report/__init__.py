"""The page that a run leaves: each section's tables, plots and words, and the verdicts."""
