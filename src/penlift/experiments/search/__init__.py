"""A search: the levels of a sweep, tried adaptively by any number of workers that share an Optuna study."""
