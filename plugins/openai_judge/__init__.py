"""Judges by any server that speaks OpenAI's chat completions."""
