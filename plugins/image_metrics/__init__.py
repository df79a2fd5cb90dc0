"""Measures how alike two images are, without a judge."""
