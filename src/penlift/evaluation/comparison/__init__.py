"""Lines beside lines, and runs beside runs: differences with intervals, movement, shape, and a judge."""
