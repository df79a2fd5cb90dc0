"""Plays a recording of a run to reporters again, by the time of its events."""
