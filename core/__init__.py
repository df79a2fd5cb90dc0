"""The runner: events, hooks, workers, runs and the command line."""
