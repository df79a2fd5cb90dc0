"""Runs any instruction-editing pipeline of diffusers, by the name of its class."""
