"""Whether edits and scores mean what they should, and whether silent faults would be noticed."""
