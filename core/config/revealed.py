"""A validated section as plain data, secrets included, for the worker that needs them."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr


def plain_with_secrets(model: BaseModel) -> dict[str, Any]:
    """Return the model as plain JSON data with its secrets readable.

    Only for a worker's private channel: what is written or shown comes from
    `ResolvedConfig.to_plain`, which masks secrets.
    """
    revealed: dict[str, Any] = _reveal(model.model_dump(), model.model_dump(mode="json"))
    return revealed


def secrets_in(model: BaseModel) -> list[str]:
    """Return every secret of a section, so that it can be taken out of what is written."""
    return list(_secrets(model.model_dump()))


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr | SecretBytes):
        revealed = value.get_secret_value()
        yield revealed if isinstance(revealed, str) else revealed.decode("utf-8", "replace")
    elif isinstance(value, dict):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _secrets(item)


def _reveal(value: Any, masked: Any) -> Any:
    """Return `masked` (JSON) with each mask replaced by the secret in `value` (Python)."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, SecretBytes):
        return value.get_secret_value().decode()
    if isinstance(value, dict) and isinstance(masked, dict):
        # JSON's keys are text, Python's need not be; their order is the same.
        return {
            key: _reveal(item, below)
            for item, (key, below) in zip(value.values(), masked.items(), strict=True)
        }
    if isinstance(value, (list, tuple)) and isinstance(masked, list):
        return [_reveal(item, below) for item, below in zip(value, masked, strict=True)]
    return masked
