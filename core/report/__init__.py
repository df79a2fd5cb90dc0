"""Key figures and rows of a run, for programs."""
