"""What every package may use, with no pen in it: errors, files, parameters, terminal, machine, processes, geometry."""
