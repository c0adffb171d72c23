"""MLflow as a mirror of runs, which loses nothing while the store is down."""
