"""Reporters for experiment trackers: TensorBoard and MLflow."""
