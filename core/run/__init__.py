"""A run: its stages, scheduler, results on disk and summary."""
