"""Measures ratios of two things in one run; see the README of this folder."""
