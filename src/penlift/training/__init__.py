"""Learning, and not losing it: the loop, its schedule, its state on disk, and many processes at it."""
