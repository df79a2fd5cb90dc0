"""Runs FLUX.1 Kontext checkpoints with diffusers."""
