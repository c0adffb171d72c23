"""Many runs: what Git and DVC know of them, sweeps, searches, comparisons, and a run restored."""
