"""Runs Qwen-Image-Edit checkpoints with diffusers."""
