"""Pydantic models of everything that a user can write in a config."""
