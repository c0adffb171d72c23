"""The built-in corpus: made-up writers whose letters, rhythm and pen movements are computed."""
