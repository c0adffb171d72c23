"""New handwriting: the loop that writes, where a line ends, what was written, and whether it is in order."""
