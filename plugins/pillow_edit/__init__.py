"""Edits with Pillow what plain words ask for, without weights."""
