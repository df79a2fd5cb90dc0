"""Trains the miniature models: pictures and instructions, autoencoder, editor and judge."""

from pathlib import Path

WEIGHTS = Path(__file__).parent.parent / "weights"
"""Where the trained checkpoints are, each in a folder of its own."""
