"""Trains the miniature models: pictures and instructions, autoencoder, editor and judge."""
