"""Miniature checkpoints of the real classes, trained or random, and the demo that uses them."""
