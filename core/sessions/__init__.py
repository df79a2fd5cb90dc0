"""A model by itself, without a run: for notebooks, services and reinforcement learning."""
