"""Least squares, for the starts that are computed instead of learnt."""

import torch


def solve_ridge(rows: torch.Tensor, wanted: torch.Tensor, ridge: float) -> torch.Tensor:
    """Return the matrix that brings rows nearest to what is wanted, in double precision.

    Args:
        rows: shape (number, values).
        wanted: shape (number, results).
        ridge: what is added to the diagonal of the normal equations, in parts of its mean.

    Returns:
        Shape (values, results).
    """
    rows, wanted = rows.double(), wanted.double()
    normal = rows.T @ rows
    normal += ridge * normal.diagonal().mean() * torch.eye(len(normal), dtype=normal.dtype)
    return torch.linalg.solve(normal, rows.T @ wanted)
