"""The reporter `html`: one folder that shows a run, and opens from disk."""
