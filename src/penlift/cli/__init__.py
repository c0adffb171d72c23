"""The command `penlift`: what is asked of ink, of trained networks and of many runs, outside the pipeline."""
