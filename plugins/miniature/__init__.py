"""Builds miniature checkpoints of the real classes, and the demo that uses them."""
