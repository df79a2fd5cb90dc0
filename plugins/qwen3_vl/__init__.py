"""Judges edits with Qwen3-VL checkpoints and transformers."""
